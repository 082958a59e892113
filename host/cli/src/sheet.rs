//! Tables in the formats that people paste elsewhere.

use std::fmt::Write as _;

/// A table: its first column names its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) title: &'static str,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Sheet {
    /// An empty table with these columns.
    pub(crate) fn new(title: &'static str, header: &[&str]) -> Self {
        Self { title, header: header.iter().map(|cell| (*cell).to_owned()).collect(), rows: Vec::new() }
    }

    /// For a terminal.
    pub(crate) fn text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(&self.header);
        for row in &self.rows {
            table.add_row(row);
        }
        format!("{}\n{}", self.title, table.trim_fmt())
    }

    /// GitHub's Markdown.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule: Vec<&str> = (0..self.header.len()).map(|column| if column == 0 { ":--" } else { "--:" }).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("### {}\n\n{}| {} |\n{rows}", self.title, line(&self.header), rule.join(" | "))
    }

    /// Comma-separated values as RFC 4180 has them, with a header.
    pub(crate) fn csv(&self) -> String {
        let cell = |text: &String| match text.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text.clone(),
        };
        let line = |cells: &Vec<String>| cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\n";
        line(&self.header) + &self.rows.iter().map(line).collect::<String>()
    }

    /// A LaTeX table that needs no package.
    pub(crate) fn latex(&self) -> String {
        let line = |cells: &Vec<String>| {
            let cells: Vec<String> = cells.iter().map(|cell| tex(cell)).collect();
            format!("{} \\\\\n", cells.join(" & "))
        };
        let columns = format!("l{}", "r".repeat(self.header.len().saturating_sub(1)));
        let mut text = format!("\\begin{{table}}\n\\caption{{{}}}\n\\begin{{tabular}}{{{columns}}}\n", tex(self.title));
        let rows: String = self.rows.iter().map(line).collect();
        // Writing into a string succeeds.
        let _ =
            write!(text, "\\hline\n{}\\hline\n{rows}\\hline\n\\end{{tabular}}\n\\end{{table}}\n", line(&self.header));
        text
    }
}

/// `text` with what LaTeX would read as commands escaped.
fn tex(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', character]),
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '–' => escaped.push_str("--"),
            '×' => escaped.push_str("$\\times$"),
            '\n' | '\r' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_escapes_what_it_must() {
        let mut sheet = Sheet::new("Runs", &["name", "50 %", "a|b"]);
        sheet.rows.push(vec!["x_1, \"y\"".to_owned(), "0.5×".to_owned(), "–".to_owned()]);
        let shown = [sheet.text(), sheet.markdown(), sheet.csv(), sheet.latex()].join("\n");
        insta::assert_snapshot!(shown);
    }
}
