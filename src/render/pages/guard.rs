//! Templates of a site, prepared so that rendering them is bounded: the engine bounds the instructions, but one of them can
//! make a text of any size, and an expression can be nested until the stack ends.
//!
//! An expression with too many operators is refused. Operators that make texts and lists are rewritten as calls of functions
//! that charge a [budget](super::budget), and each loop charges for the text in it.

use std::ops::Range;

use minijinja::machinery::ast::{BinOp, BinOpKind, Call, CallArg, Expr, Spanned, Stmt};
use minijinja::machinery::{Span, Token, WhitespaceConfig, parse, tokenize};

use super::budget::{BOUNDED, REPEATED, TIMES};

/// The operators, parentheses and brackets of one tag. Each may take a stack frame of the parser and the compiler.
const MAX_OPERATORS: usize = 250;

/// The alternatives of all conditions of a template, which are nested in each other for the parser.
const MAX_ALTERNATIVES: usize = 250;

/// A prepared template.
#[derive(Debug)]
pub struct Guarded {
    pub text: String,
    /// What was inserted: the offset in the original, and the length.
    insertions: Vec<(usize, usize)>,
}

/// Why a template is refused, and where.
#[derive(Debug)]
pub struct Refused {
    pub span: Range<usize>,
    pub message: String,
}

impl Guarded {
    /// Prepares a template. `largest` is the length of the longest template that it may include.
    ///
    /// # Errors
    /// An expression is too large.
    pub fn new(source: &str, largest: usize) -> Result<Guarded, Refused> {
        let mut guard = Guard { source, largest, tags: Vec::new(), edits: Vec::new() };
        guard.read_tags()?;
        // The engine reports what is wrong with a template that cannot be parsed.
        if let Ok(template) = parse(source, "template", Default::default(), WhitespaceConfig::default()) {
            guard.statement(&template);
        }
        Ok(guard.apply())
    }

    /// The place in the original of a place in the text.
    pub fn original(&self, offset: usize) -> usize {
        let mut inserted = 0;
        for (at, length) in &self.insertions {
            if offset < at + inserted + length {
                return offset.saturating_sub(inserted).min(*at);
            }
            inserted += length;
        }
        offset - inserted
    }
}

struct Guard<'s> {
    source: &'s str,
    largest: usize,
    /// The tokens within tags that matter, with their offsets.
    tags: Vec<(TagToken, Range<usize>)>,
    /// What is inserted: the offset, the length that is replaced, and the text.
    edits: Vec<(usize, usize, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TagToken {
    Open,
    Close,
    Times,
    BlockEnd,
}

fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

impl Guard<'_> {
    /// Reads the tokens up to the first error.
    fn read_tags(&mut self) -> Result<(), Refused> {
        let (mut operators, mut alternatives) = (0, 0);
        let mut is_start = false;
        let tokens = tokenize(self.source, false, Default::default(), WhitespaceConfig::default());
        for (token, span) in tokens.map_while(Result::ok) {
            let span = range(span);
            let kind = match token {
                Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => Some(TagToken::Open),
                Token::ParenClose | Token::BracketClose | Token::BraceClose => Some(TagToken::Close),
                Token::Mul => Some(TagToken::Times),
                Token::BlockEnd => Some(TagToken::BlockEnd),
                _ => None,
            };
            self.tags.extend(kind.map(|kind| (kind, span.clone())));
            let refuse = |message: String| Err(Refused { span: span.clone(), message });
            match token {
                Token::BlockStart | Token::VariableStart => operators = 0,
                Token::Ident("elif") if is_start => alternatives += 1,
                Token::Ident("not" | "and" | "or" | "if" | "else" | "is" | "in") => operators += 1,
                Token::TemplateData(_) | Token::VariableEnd | Token::BlockEnd | Token::Ident(_) | Token::Comma => {}
                Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => {}
                Token::ParenClose | Token::BracketClose | Token::BraceClose | Token::Colon | Token::Assign => {}
                _ => operators += 1,
            }
            is_start = matches!(token, Token::BlockStart);
            if operators > MAX_OPERATORS {
                return refuse(format!("this expression has more than {MAX_OPERATORS} operators and brackets"));
            }
            if alternatives > MAX_ALTERNATIVES {
                return refuse(format!("this template has more than {MAX_ALTERNATIVES} `elif`"));
            }
        }
        Ok(())
    }

    fn apply(mut self) -> Guarded {
        self.edits.sort_by_key(|(at, ..)| *at);
        let mut guarded = Guarded { text: String::with_capacity(self.source.len()), insertions: Vec::new() };
        let mut copied = 0;
        for (at, replaced, text) in &self.edits {
            guarded.text += &self.source[copied..*at];
            guarded.text += text;
            copied = at + replaced;
            if text.len() > *replaced {
                guarded.insertions.push((*at, text.len() - replaced));
            }
        }
        guarded.text += &self.source[copied..];
        guarded
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitExpr(emit) => self.expression(&emit.expr),
            Stmt::EmitRaw(_) => {}
            Stmt::ForLoop(each) => {
                self.repetition(range(each.span()), &each.body);
                self.expressions([&each.target, &each.iter].into_iter().chain(&each.filter_expr));
                self.statements(&each.body);
                self.statements(&each.else_body);
            }
            Stmt::IfCond(condition) => {
                self.expression(&condition.expr);
                self.statements(&condition.true_body);
                self.statements(&condition.false_body);
            }
            Stmt::WithBlock(with) => {
                self.expressions(with.assignments.iter().map(|(_, value)| value));
                self.statements(&with.body);
            }
            Stmt::Set(set) => self.expression(&set.expr),
            Stmt::SetBlock(set) => {
                self.expressions(&set.filter);
                self.statements(&set.body);
            }
            Stmt::AutoEscape(escape) => {
                self.expression(&escape.enabled);
                self.statements(&escape.body);
            }
            Stmt::FilterBlock(block) => {
                self.expression(&block.filter);
                self.statements(&block.body);
            }
            Stmt::Block(block) => self.statements(&block.body),
            Stmt::Import(import) => self.expression(&import.expr),
            Stmt::FromImport(import) => self.expression(&import.expr),
            Stmt::Extends(extends) => self.expression(&extends.name),
            Stmt::Include(include) => self.expression(&include.name),
            Stmt::Macro(made) => {
                self.expressions(&made.defaults);
                self.statements(&made.body);
            }
            Stmt::CallBlock(block) => {
                self.call(&block.call);
                self.expressions(&block.macro_decl.defaults);
                self.statements(&block.macro_decl.body);
            }
            Stmt::Do(run) => self.call(&run.call),
        }
    }

    /// Charges for the text in a loop each time that it is repeated, by a tag at the start of its body.
    fn repetition(&mut self, span: Range<usize>, body: &[Stmt<'_>]) {
        let first = self.tags.partition_point(|(_, token)| token.start < span.start);
        let Some((_, end)) = self.tags[first..].iter().find(|(token, _)| *token == TagToken::BlockEnd) else { return };
        let Some(end) = self.source[end.start..].find("%}").map(|at| end.start + at + 2) else { return };
        // The last tag before the body decides about the white space at its start.
        let mark = match self.source.as_bytes()[end - 3] {
            b'-' => "-",
            b'+' => "+",
            _ => "",
        };
        let included = if body.iter().any(includes) { self.largest } else { 0 };
        let length = span.len() + included;
        self.edits.push((end, 0, format!("{{%if {REPEATED}({length})%}}{{%endif{mark}%}}")));
    }

    fn expressions<'e, 's: 'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr<'s>>) {
        expressions.into_iter().for_each(|expression| self.expression(expression));
    }

    fn expression(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Var(_) | Expr::Const(_) => {}
            Expr::Slice(slice) => {
                self.expression(&slice.expr);
                self.expressions(slice.start.iter().chain(&slice.stop).chain(&slice.step));
            }
            Expr::UnaryOp(operation) => self.expression(&operation.expr),
            Expr::BinOp(operation) => self.operation(operation),
            Expr::Compare(compare) => {
                self.expression(&compare.expr);
                self.expressions(compare.ops.iter().map(|operation| &operation.expr));
            }
            Expr::IfExpr(condition) => {
                self.expressions([&condition.test_expr, &condition.true_expr]);
                self.expressions(&condition.false_expr);
            }
            Expr::Filter(filter) => {
                self.expressions(&filter.expr);
                self.arguments(&filter.args);
            }
            Expr::Test(test) => {
                self.expression(&test.expr);
                self.arguments(&test.args);
            }
            Expr::GetAttr(get) => self.expression(&get.expr),
            Expr::GetItem(get) => self.expressions([&get.expr, &get.subscript_expr]),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.expressions(&list.items),
            Expr::Map(map) => self.expressions(map.keys.iter().chain(&map.values)),
        }
    }

    fn operation(&mut self, operation: &Spanned<BinOp<'_>>) {
        let span = range(operation.span());
        let (function, times) = match operation.op {
            BinOpKind::Add | BinOpKind::Concat => (BOUNDED, None),
            // The operator is the last one outside of brackets: the left side is evaluated first.
            BinOpKind::Mul => (TIMES, self.last_times(&span)),
            _ => return self.expressions([&operation.left, &operation.right]),
        };
        // Before those of the left side, which may begin at the same place.
        self.edits.push((span.start, 0, format!("{function}(")));
        self.edits.extend(times.map(|at| (at, 1, ",".to_owned())));
        self.expressions([&operation.left, &operation.right]);
        self.edits.push((span.end, 0, ")".to_owned()));
    }

    fn last_times(&self, span: &Range<usize>) -> Option<usize> {
        let first = self.tags.partition_point(|(_, token)| token.start < span.start);
        let within = self.tags[first..].iter().take_while(|(_, token)| token.end <= span.end);
        let (mut depth, mut last) = (0_usize, None);
        for (token, at) in within {
            match token {
                TagToken::Open => depth += 1,
                TagToken::Close => depth = depth.saturating_sub(1),
                TagToken::Times if depth == 0 => last = Some(at.start),
                _ => {}
            }
        }
        last
    }

    fn call(&mut self, call: &Call<'_>) {
        self.expression(&call.expr);
        self.arguments(&call.args);
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) {
        for argument in arguments {
            match argument {
                CallArg::Pos(value)
                | CallArg::Kwarg(_, value)
                | CallArg::PosSplat(value)
                | CallArg::KwargSplat(value) => self.expression(value),
            }
        }
    }
}

/// Whether a statement may include another template.
fn includes(statement: &Stmt<'_>) -> bool {
    let any = |statements: &[Stmt<'_>]| statements.iter().any(includes);
    match statement {
        Stmt::Include(_) => true,
        Stmt::ForLoop(each) => any(&each.body) || any(&each.else_body),
        Stmt::IfCond(condition) => any(&condition.true_body) || any(&condition.false_body),
        Stmt::WithBlock(with) => any(&with.body),
        Stmt::SetBlock(set) => any(&set.body),
        Stmt::AutoEscape(escape) => any(&escape.body),
        Stmt::FilterBlock(block) => any(&block.body),
        Stmt::Block(block) => any(&block.body),
        Stmt::CallBlock(block) => any(&block.macro_decl.body),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_and_loops_are_charged() {
        for (source, expected) in [
            ("{{ a }} * b ~ c", "{{ a }} * b ~ c"),
            ("{{ a ~ b ~ c }}", "{{ _bounded(_bounded(a ~ b) ~ c) }}"),
            ("{{ a * b + c * a ~ b }}", "{{ _bounded(_times(a , b) + _bounded(_times(c , a) ~ b)) }}"),
            ("{{ (a) + (b) }}", "{{ _bounded((a) + (b)) }}"),
            ("{{ a * (b * 2) / 3 * c }}", "{{ _times(_times(a , (_times(b , 2))) / 3 , c) }}"),
            ("{{ x[a*b]|f(c~d) }}", "{{ x[_times(a,b)]|f(_bounded(c~d)) }}"),
            ("{%- for a in b -%} x {% endfor %}", "{%- for a in b -%}{%if _repeated(26)%}{%endif-%} x {% endfor %}"),
        ] {
            let guarded = Guarded::new(source, 0).unwrap();
            assert_eq!(guarded.text, expected, "{source}");
            let ends = [source.find('b'), source.find('c'), source.find('}')];
            for at in ends.into_iter().flatten() {
                let place = (0..=guarded.text.len()).find(|place| {
                    guarded.original(*place) == at && { guarded.text[*place..].starts_with(&source[at..=at]) }
                });
                assert!(place.is_some(), "{source} {at}");
            }
        }
    }

    #[test]
    fn expressions_that_are_too_deep_are_refused() {
        let many = 100_000;
        for source in [
            format!("{{{{ {}1{} }}}}", "(".repeat(many), ")".repeat(many)),
            format!("{{{{ {}a }}}}", "not ".repeat(many)),
            format!("{{{{ {}a }}}}", "-".repeat(many)),
            format!("{{{{ a{} }}}}", " ~ a".repeat(many)),
            format!("{{{{ a{} }}}}", "|f".repeat(many)),
            format!("{{{{ a{} }}}}", ".b".repeat(many)),
            format!("{{{{ a{} }}}}", "[0]".repeat(many)),
            format!("{{{{ {}a }}}}", "a if b else ".repeat(many)),
            format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(many)),
        ] {
            let refused = Guarded::new(&source, 0).unwrap_err();
            assert!(refused.message.contains("more than") && refused.span.end < 10_000, "{refused:?}");
        }
    }
}
