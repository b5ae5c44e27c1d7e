//! What templates may spend while they render a page: the bytes of the texts and lists that they make.

use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::{Object, Rest, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, filters};

use crate::limits::{MAX_PAGE, MAX_TEMPLATE_ITEMS, MAX_TEMPLATE_TEXT, MAX_TEMPLATE_VALUES, TEMPLATE_FUEL};

/// Charges for the value of an operator.
pub const BOUNDED: &str = "_bounded";
/// Multiplies.
pub const TIMES: &str = "_times";
/// Charges for the text in a loop.
pub const REPEATED: &str = "_repeated";

/// The bytes that are charged for an item of a list.
const ITEM_BYTES: usize = 32;

/// What was spent so far on a page.
#[derive(Debug, Default)]
struct Spent(AtomicUsize);

impl Object for Spent {}

/// Limits an environment. Templates must have been prepared by [`guard`](super::guard).
pub fn limit(environment: &mut Environment<'static>) {
    environment.set_fuel(Some(TEMPLATE_FUEL));
    environment.add_function(BOUNDED, |state: &State, value: Value| charge_value(state, &value).map(|()| value));
    environment.add_function(TIMES, times);
    environment.add_function(REPEATED, |state: &State, bytes: usize| charge(state, bytes).map(|()| false));
    let filters: [(&str, Value, Size); 6] = [
        ("replace", Value::from_function(filters::replace), replaced),
        ("join", Value::from_function(filters::join), joined),
        ("indent", Value::from_function(filters::indent), indented),
        ("slice", Value::from_function(filters::slice), sliced),
        ("batch", Value::from_function(filters::batch), sliced),
        ("format", Value::from_function(filters::format), formatted),
    ];
    for (name, filter, size) in filters {
        environment.add_filter(name, move |state: &State, arguments: Rest<Value>| {
            charge_text(state, size(&arguments)?)?;
            filter.call(state, &arguments)
        });
    }
}

/// Charges for a value that is written to the page, or into a variable.
pub fn charge_written(state: &State, value: &Value) -> Result<(), Error> {
    charge(state, shown_length(value)?)
}

/// Charges for bytes of a page.
fn charge(state: &State, bytes: usize) -> Result<(), Error> {
    let spent = state.get_or_set_temp_object("_spent", Spent::default);
    let before = spent.0.fetch_add(bytes, Ordering::Relaxed);
    match before.checked_add(bytes) {
        Some(sum) if sum <= MAX_TEMPLATE_VALUES => Ok(()),
        _ => Err(exceeded(format!("texts and lists of more than {} MB on one page", MAX_TEMPLATE_VALUES >> 20))),
    }
}

fn charge_text(state: &State, bytes: usize) -> Result<(), Error> {
    if bytes > MAX_TEMPLATE_TEXT {
        return Err(exceeded(format!("a text of more than {} MB", MAX_TEMPLATE_TEXT >> 20)));
    }
    charge(state, bytes)
}

fn charge_value(state: &State, value: &Value) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return charge_text(state, text.len());
    }
    match value.len() {
        Some(items) if items > MAX_TEMPLATE_ITEMS => {
            Err(exceeded(format!("a list of more than {MAX_TEMPLATE_ITEMS} items")))
        }
        Some(items) => charge(state, items * ITEM_BYTES),
        None => Ok(()),
    }
}

fn exceeded(what: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("it makes {what}"))
}

/// `one * other`: the product of numbers, or a text that is repeated.
fn times(state: &State, one: Value, other: Value) -> Result<Value, Error> {
    if let Some((text, count)) =
        one.as_str().map(|text| (text, &other)).or_else(|| other.as_str().map(|text| (text, &one)))
    {
        let count = count.as_usize().ok_or_else(|| unsupported("text is repeated by a whole number"))?;
        charge_text(state, text.len().saturating_mul(count))?;
        return Ok(Value::from(text.repeat(count)));
    }
    let is_number = |value: &Value| matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
    if !is_number(&one) || !is_number(&other) {
        return Err(unsupported("`*` is for numbers, and for text and a number"));
    }
    match (i64::try_from(one.clone()), i64::try_from(other.clone())) {
        (Ok(one), Ok(other)) => {
            one.checked_mul(other).map(Value::from).ok_or_else(|| unsupported("the product is too large"))
        }
        _ => Ok(Value::from(f64::try_from(one)? * f64::try_from(other)?)),
    }
}

fn unsupported(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

/// The bytes that a filter may make of its arguments.
type Size = fn(&[Value]) -> Result<usize, Error>;

fn replaced(arguments: &[Value]) -> Result<usize, Error> {
    let [text, from, to, ..] = arguments else { return Ok(0) };
    let (text, from, to) = (text.to_text()?, from.to_text()?, to.to_text()?);
    let count = if from.is_empty() { text.chars().count() + 1 } else { text.matches(&*from).count() };
    // Each part may be escaped.
    Ok(text.len().saturating_add(count.saturating_mul(to.len())))
}

fn joined(arguments: &[Value]) -> Result<usize, Error> {
    let [values, rest @ ..] = arguments else { return Ok(0) };
    let joiner = rest.first().map_or(Ok(0), shown_length)?;
    let mut bytes = 0_usize;
    for value in values.try_iter().into_iter().flatten() {
        bytes = bytes.saturating_add(shown_length(&value)?).saturating_add(joiner);
        if bytes > MAX_TEMPLATE_TEXT {
            break;
        }
    }
    Ok(bytes)
}

fn indented(arguments: &[Value]) -> Result<usize, Error> {
    let [text, rest @ ..] = arguments else { return Ok(0) };
    let text = text.to_text()?;
    let named = |value: &Value| value.get_attr("width").ok().and_then(|width| width.as_usize());
    let width = rest.iter().filter_map(|value| value.as_usize().or_else(|| named(value))).max().unwrap_or(4);
    Ok(text.len().saturating_add((text.matches('\n').count() + 1).saturating_mul(width)))
}

fn sliced(arguments: &[Value]) -> Result<usize, Error> {
    let [values, count, ..] = arguments else { return Ok(0) };
    let items = values.len().unwrap_or_default().saturating_add(count.as_usize().unwrap_or_default());
    Ok(items.saturating_mul(ITEM_BYTES))
}

/// The widths in the format, and for each of its directives the longest argument.
fn formatted(arguments: &[Value]) -> Result<usize, Error> {
    let [format, rest @ ..] = arguments else { return Ok(0) };
    let format = format.to_text()?;
    let digits = format.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let mut widths: usize = digits.fold(0, |sum, digits| sum.saturating_add(digits.parse().unwrap_or(usize::MAX)));
    let mut longest = 32;
    for value in rest {
        longest = longest.max(shown_length(value)?);
        if format.contains('*') {
            let width = value.as_i64().map_or(0, |width| usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX));
            widths = widths.saturating_add(width);
        }
    }
    Ok(format.len().saturating_add(widths).saturating_add(format.matches('%').count().saturating_mul(longest)))
}

/// A value as text.
trait ToText {
    fn to_text(&self) -> Result<std::borrow::Cow<'_, str>, Error>;
}

impl ToText for Value {
    fn to_text(&self) -> Result<std::borrow::Cow<'_, str>, Error> {
        match self.as_str() {
            Some(text) => Ok(text.into()),
            None => shown_length(self).map(|_| self.to_string().into()),
        }
    }
}

/// The length of a value as it is written, found without writing it.
fn shown_length(value: &Value) -> Result<usize, Error> {
    if let Some(text) = value.as_str() {
        return Ok(text.len());
    }
    let mut length = Length(0);
    match write!(length, "{value}") {
        Ok(()) => Ok(length.0),
        Err(_) => Err(exceeded(format!("a text of more than {} MB", MAX_TEMPLATE_TEXT >> 20))),
    }
}

/// Counts the bytes that are written to it, and fails when they are too many.
struct Length(usize);

impl fmt::Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        if self.0 > MAX_TEMPLATE_TEXT { Err(fmt::Error) } else { Ok(()) }
    }
}

/// A page that fails when it is too large.
#[derive(Debug, Default)]
pub struct Page {
    pub bytes: Vec<u8>,
    pub is_too_large: bool,
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_PAGE {
            self.is_too_large = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
