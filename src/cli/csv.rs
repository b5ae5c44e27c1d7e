//! CSV (RFC 4180, with the line ends of other output), for spreadsheets.

/// A row. Every field is quoted; one that a spreadsheet would take for a formula begins with `'`.
pub fn row<const N: usize>(fields: [&str; N]) -> String {
    let quoted = fields.map(|field| {
        let guard = if field.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
        format!("\"{guard}{}\"", field.replace('"', "\"\""))
    });
    format!("{}\n", quoted.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_no_formulas() {
        assert_eq!(row(["a \"b\"", "=1+1", "c d", ""]), "\"a \"\"b\"\"\",\"'=1+1\",\"c d\",\"\"\n");
    }
}
