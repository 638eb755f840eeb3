//! Text with gaps and parts that stand or fall with a condition.
//!
//! Does not know what is filled in.

use std::collections::{BTreeMap, BTreeSet};

/// What fills the gaps, and which conditions hold.
#[derive(Debug, Default)]
pub(super) struct TemplateContext {
    pub(super) values: BTreeMap<&'static str, String>,
    pub(super) conditions: BTreeSet<&'static str>,
}

impl TemplateContext {
    /// The text of a template: `{{gap}}` becomes its value, and the lines from `%% if one two` to
    /// `%% end` stay when one of the conditions holds (`%% if not one two`: when none does).
    pub(super) fn fill(&self, template: &str) -> String {
        let mut text = String::with_capacity(template.len());
        let mut is_visible = true;
        for line in template.lines() {
            match line.strip_prefix("%% ") {
                Some("end") => is_visible = true,
                Some(directive) => is_visible = self.holds(directive),
                None if is_visible => self.fill_line(line, &mut text),
                None => (),
            }
        }
        text
    }

    fn holds(&self, directive: &str) -> bool {
        let conditions = directive.strip_prefix("if ").expect("templates know `if` and `end`");
        let (expected, conditions) = match conditions.strip_prefix("not ") {
            Some(conditions) => (false, conditions),
            None => (true, conditions),
        };
        conditions.split(' ').any(|condition| self.conditions.contains(condition)) == expected
    }

    fn fill_line(&self, line: &str, text: &mut String) {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("{{") {
            let (gap, after) = after.split_once("}}").expect("gaps of templates have an end");
            text.push_str(before);
            text.push_str(self.values.get(gap).expect("every gap of a template has a value"));
            rest = after;
        }
        text.push_str(rest);
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_and_conditions_kept() {
        let mut context = TemplateContext::default();
        context.values.insert("name", "Ada".to_owned());
        context.conditions.insert("polite");
        let template = "\
            Hello {{name}}, {{name}}!\n%% if polite rude\nHow are you?\n%% end\n\
            %% if not polite\nWhat?\n%% end\nBye {name}.\n";

        assert_eq!(context.fill(template), "Hello Ada, Ada!\nHow are you?\nBye {name}.\n");
    }
}
