//! What a body loses when it is published.

use std::fmt;

/// A longer address is shortened in a warning.
pub const MAX_SHOWN: usize = 80;

/// Something that a reader of the original sees and a reader of the published body does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// A control of a form, by its element.
    Form(String),
    /// A frame or player without a usable address, by its element.
    Frame(String),
    /// A link whose address is not allowed; its text stays.
    Link(String),
    /// An image without a usable address; its `alt` stays.
    Image(String),
    /// Audio or video without a usable address.
    Media(String),
    /// A drawing without text.
    Drawing(String),
}

impl Loss {
    /// The first loss of each kind.
    pub fn one_of_each(losses: &[Loss]) -> impl Iterator<Item = &Loss> {
        let is_first =
            |(index, loss): &(usize, &Loss)| losses[..*index].iter().all(|other| other.kind() != loss.kind());
        losses.iter().enumerate().filter(is_first).map(|(_, loss)| loss)
    }

    /// Losses of one kind are reported once a story.
    pub fn kind(&self) -> &'static str {
        match self {
            Loss::Form(_) => "form",
            Loss::Frame(_) => "frame",
            Loss::Link(_) => "link",
            Loss::Image(_) => "image",
            Loss::Media(_) => "media",
            Loss::Drawing(_) => "drawing",
        }
    }
}

/// Completes "in the body …".
impl fmt::Display for Loss {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Form(element) => write!(out, "a form is removed: <{element}>"),
            Loss::Frame(element) => write!(out, "<{element}> has no address that a link could lead to, and is removed"),
            Loss::Link(address) => {
                write!(out, "the address of a link is not allowed, so only its text stays: `{address}`")
            }
            Loss::Image(address) => {
                write!(out, "an image has no usable address, and is replaced by its `alt`: `{address}`")
            }
            Loss::Media(address) => write!(out, "audio or video has no usable address, and is removed: `{address}`"),
            Loss::Drawing(element) => {
                write!(out, "a drawing has no text that could stand for it, and is removed: <{element}>")
            }
        }
    }
}
