//! A body as a tree of elements, with the changes that its passes need.

use std::collections::HashSet;

use ego_tree::iter::Edge;
use ego_tree::{NodeId, NodeMut, NodeRef};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{LocalName, ParseOpts, QualName, local_name, ns};
use scraper::node::{Element, Text};
use scraper::{ElementRef, Html, HtmlTreeSink, Node};

/// A parsed fragment.
pub struct Tree {
    html: Html,
}

impl Tree {
    /// Parses a fragment as the content of a `div`, scripting off: what stands in `noscript` is content.
    pub fn parse(html: &str) -> Tree {
        let sink = HtmlTreeSink::new(Html::new_fragment());
        let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
        let options = ParseOpts { tree_builder, ..ParseOpts::default() };
        let context = QualName::new(None, ns!(html), local_name!("div"));
        Tree { html: html5ever::parse_fragment(sink, options, context, Vec::new(), false).one(html) }
    }

    /// The HTML of the fragment.
    pub fn into_html(self) -> String {
        self.html.root_element().inner_html()
    }

    /// Calls `visit` with each element in the order of the document. What a visit removes is not visited; what it adds
    /// is neither.
    pub fn for_each(&mut self, mut visit: impl FnMut(&mut Tree, NodeId, &str)) {
        let root = self.html.root_element().id();
        let all: Vec<NodeId> = self
            .html
            .root_element()
            .descendants()
            .filter(|node| node.value().is_element())
            .map(|node| node.id())
            .collect();
        let mut removed: HashSet<NodeId> = HashSet::new();
        for id in all.into_iter().filter(|id| *id != root) {
            let Some(node) = self.html.tree.get(id) else { continue };
            if node.parent().is_none_or(|parent| removed.contains(&parent.id())) {
                removed.insert(id);
                continue;
            }
            let Some(name) = node.value().as_element().map(|element| element.name().to_owned()) else { continue };
            visit(self, id, &name);
            if self.html.tree.get(id).is_none_or(|node| node.parent().is_none()) {
                removed.insert(id);
            }
        }
    }

    /// All nodes, each as it opens and as it closes.
    pub fn traverse(&self) -> impl Iterator<Item = Edge<'_, Node>> {
        self.html.root_element().traverse()
    }

    fn node(&self, id: NodeId) -> Option<NodeRef<'_, Node>> {
        self.html.tree.get(id)
    }

    fn node_mut(&mut self, id: NodeId) -> Option<NodeMut<'_, Node>> {
        self.html.tree.get_mut(id)
    }

    fn change(&mut self, id: NodeId, change: impl FnOnce(&mut Element)) {
        if let Some(mut node) = self.node_mut(id)
            && let Node::Element(element) = node.value()
        {
            change(element);
        }
    }

    fn children(&self, id: NodeId) -> Vec<NodeId> {
        self.node(id).into_iter().flat_map(|node| node.children()).map(|node| node.id()).collect()
    }

    /// An element, with what can be asked of it.
    pub fn element(&self, id: NodeId) -> Option<ElementRef<'_>> {
        ElementRef::wrap(self.node(id)?)
    }

    pub fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        self.element(id)?.value().attr(name)
    }

    /// The declarations in the `style` of an element, in lower case and without white space: properties and values.
    pub fn styles(&self, id: NodeId) -> Vec<(String, String)> {
        let style = self.attribute(id, "style").unwrap_or_default().to_ascii_lowercase();
        let style: String = style.split_whitespace().collect();
        let declarations = style.split(';').filter_map(|declaration| declaration.split_once(':'));
        declarations.map(|(property, value)| (property.to_owned(), value.to_owned())).collect()
    }

    /// Sets an attribute, or removes it.
    pub fn set_attribute(&mut self, id: NodeId, name: &str, value: Option<&str>) {
        let name = QualName::new(None, ns!(), LocalName::from(name));
        self.change(id, |element| match value {
            Some(value) => drop(element.attrs.insert(name, StrTendril::from(value))),
            None => drop(element.attrs.shift_remove(&name)),
        });
    }

    /// Sets an attribute before all others.
    pub fn set_first_attribute(&mut self, id: NodeId, name: &str, value: &str) {
        let name = QualName::new(None, ns!(), LocalName::from(name));
        self.change(id, |element| {
            element.attrs.shift_remove(&name);
            element.attrs.shift_insert(0, name, StrTendril::from(value));
        });
    }

    /// The names of the attributes of an element.
    pub fn attribute_names(&self, id: NodeId) -> Vec<String> {
        let Some(element) = self.element(id) else { return Vec::new() };
        element.value().attrs().map(|(name, _)| name.to_owned()).collect()
    }

    pub fn rename(&mut self, id: NodeId, name: &str) {
        self.change(id, |element| element.name = QualName::new(None, ns!(html), LocalName::from(name)));
    }

    /// The names of the elements around an element, the nearest first.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = &str> {
        let ancestors = self.node(id).into_iter().flat_map(|node| node.ancestors());
        ancestors.filter_map(|node| Some(node.value().as_element()?.name()))
    }

    /// The nearest parent is the root or has one of these names.
    pub fn parent_is(&self, id: NodeId, names: &[&str]) -> bool {
        self.ancestors(id).next().is_some_and(|name| names.contains(&name))
    }

    /// The text of an element and everything in it.
    pub fn text(&self, id: NodeId) -> String {
        self.element(id).map(|element| element.text().collect()).unwrap_or_default()
    }

    pub fn remove(&mut self, id: NodeId) {
        if let Some(mut node) = self.node_mut(id) {
            node.detach();
        }
    }

    /// Replaces an element by its content.
    pub fn unwrap(&mut self, id: NodeId) {
        let children = self.children(id);
        if let Some(mut node) = self.node_mut(id) {
            for child in children {
                node.insert_id_before(child);
            }
            node.detach();
        }
    }

    /// Replaces an element and its content by a text.
    pub fn replace_by_text(&mut self, id: NodeId, text: &str) {
        if let Some(mut node) = self.node_mut(id) {
            if !text.is_empty() {
                node.insert_before(Node::Text(Text { text: StrTendril::from(text) }));
            }
            node.detach();
        }
    }

    /// Puts a text before an element.
    pub fn insert_text_before(&mut self, id: NodeId, text: &str) {
        if let Some(mut node) = self.node_mut(id) {
            node.insert_before(Node::Text(Text { text: StrTendril::from(text) }));
        }
    }

    /// Removes the content of an element, and puts a text in its place.
    pub fn set_text(&mut self, id: NodeId, text: &str) {
        self.children(id).into_iter().for_each(|child| self.remove(child));
        if let Some(mut node) = self.node_mut(id) {
            node.append(Node::Text(Text { text: StrTendril::from(text) }));
        }
    }

    /// Puts an element around another one.
    pub fn wrap(&mut self, id: NodeId, name: &str) {
        let name = QualName::new(None, ns!(html), LocalName::from(name));
        if let Some(mut node) = self.node_mut(id) {
            let mut around = node.insert_before(Node::Element(Element::new(name, Vec::new())));
            around.append_id(id);
        }
    }

    /// Replaces an element by the content of another tree.
    pub fn replace_by_tree(&mut self, id: NodeId, other: Tree) {
        let added = self.html.tree.extend_tree(other.html.tree).id();
        // The fragment has one element, whose children are its content.
        let content =
            self.html.tree.get(added).and_then(|node| node.children().find(|child| child.value().is_element()));
        if let Some(content) = content.map(|node| node.id()) {
            if let Some(mut node) = self.node_mut(id) {
                node.insert_id_before(content);
                node.detach();
            }
            self.unwrap(content);
        }
    }
}
