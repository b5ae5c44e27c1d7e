//! The names that content management systems and spreadsheets give to what a story has, in the order of preference.
//!
//! A name is compared without case, accents, blanks and signs: `pub_date`, `pubDate` and `Pub date` are one.

/// Names by keys of a story. `content` becomes `content_html` or `content_text`, as its values are.
pub const NAMES: [(&str, &[&str]); 17] = [
    (
        "id",
        &[
            "drupal_internal__nid", "nid", "id", "_id", "post_id", "story_id", "article_id", "entry_id", "uuid",
            "guid", "slug",
        ],
    ),
    ("guid", &["guid"]),
    (
        "language",
        &[
            "langcode", "lang", "language", "language_code", "locale", "langue", "idioma", "язык", "اللغة", "语言",
            "sprache",
        ],
    ),
    (
        "title",
        &[
            "title", "headline", "name", "subject", "heading", "label", "titre", "título", "заголовок", "название",
            "العنوان", "标题", "titel",
        ],
    ),
    (
        "summary",
        &[
            "summary", "excerpt", "teaser", "abstract", "lead", "lede", "standfirst", "dek", "deck", "description",
            "intro", "introduction", "subtitle", "custom_excerpt", "résumé", "chapeau", "resumen", "анонс", "описание",
            "ملخص", "摘要",
        ],
    ),
    (
        "content",
        &[
            "body", "content", "content_html", "html", "article_body", "post_content", "full_text", "fulltext", "text",
            "content_text", "story", "article", "contenu", "texte", "contenido", "texto", "cuerpo", "текст",
            "содержание", "النص", "المحتوى", "正文", "内容",
        ],
    ),
    ("content_markdown", &["markdown", "body_markdown", "content_markdown", "md"]),
    (
        "published",
        &[
            "published_at",
            "published",
            "date_published",
            "publish_date",
            "publication_date",
            "published_date",
            "pub_date",
            "date_gmt",
            "date",
            "publish_on",
            "issued",
            "created",
            "created_at",
            "date_created",
            "posted",
            "posted_on",
            "first_publication_date",
            "date_de_publication",
            "fecha",
            "fecha_de_publicación",
            "дата",
            "дата_публикации",
            "التاريخ",
            "تاريخ_النشر",
            "日期",
            "发布日期",
            "datum",
        ],
    ),
    (
        "updated",
        &[
            "updated_at", "updated", "date_modified", "modified_gmt", "modified", "changed", "modified_at",
            "last_modified", "lastmod", "last_updated", "date_updated", "last_publication_date",
        ],
    ),
    ("expires", &["expires", "expires_at", "expiry_date", "unpublish_on", "expiration_date", "unpublish_date"]),
    (
        "link",
        &[
            "link", "url", "permalink", "canonical_url", "web_url", "href", "page_url", "view_node", "lien", "enlace",
            "ссылка", "الرابط", "链接",
        ],
    ),
    (
        "state",
        &[
            "status", "state", "post_status", "workflow_state", "moderation_state", "is_published", "published",
            "visibility", "draft", "is_draft", "statut", "estado", "статус", "状态",
        ],
    ),
    (
        "topics",
        &[
            "topics", "topic", "tags", "categories", "category", "keywords", "section", "theme", "themes", "thème",
            "thèmes", "tema", "temas", "рубрика", "тема", "теги", "الموضوع", "主题",
        ],
    ),
    ("authors", &["authors", "author", "byline", "creator", "auteur", "autor", "автор", "الكاتب", "作者"]),
    (
        "image",
        &[
            "image", "feature_image", "featured_image", "featured_image_url", "image_url", "picture", "photo",
            "thumbnail", "lead_image", "main_image", "hero_image", "cover", "cover_image",
            "jetpack_featured_media_url", "teaser_image",
        ],
    ),
    ("image.alt", &["image_alt", "feature_image_alt", "alt", "alt_text", "featured_image_alt"]),
    ("image.caption", &["image_caption", "feature_image_caption", "caption", "photo_caption", "légende", "подпись"]),
];

/// Members that hold the members of a record: JSON:API, Contentful, GeoJSON, Prismic.
pub const ENVELOPES: [&str; 5] = ["attributes", "fields", "properties", "data", "_source"];

/// Members of a value that hold its text, the one for readers first.
pub const TEXTS: [&str; 8] = ["rendered", "processed", "value", "html", "text", "plain", "name", "title"];

/// Members of a value that hold its address.
pub const ADDRESSES: [&str; 6] = ["url", "src", "href", "uri", "source_url", "alias"];

/// Values of a state with which a record is published.
pub const PUBLISHED: [&str; 12] =
    ["1", "true", "yes", "y", "publish", "published", "public", "live", "active", "final", "approved", "oui"];

/// Values of a draft flag with which a record is published.
pub const NO_DRAFT: [&str; 4] = ["0", "false", "no", "n"];

/// A name as it is compared.
pub fn folded(name: &str) -> String {
    crate::pairing::fold(name).chars().filter(|letter| letter.is_alphanumeric()).collect()
}
