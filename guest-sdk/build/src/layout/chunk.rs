//! A part of a generated file, and how a module is taken out of it.
//! Relies on formatted code: an item begins and ends at the indentation that its depth has.

/// Some generated code.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) code: String,
    /// How far the code is indented; it is not changed, because it may contain literals of several lines.
    depth: usize,
}

impl Chunk {
    pub(super) fn new(code: String) -> Self {
        Self { code, depth: 0 }
    }

    /// Takes out what is in the module `name`, with which the module disappears.
    pub(super) fn take_module(&mut self, name: &str) -> Option<Self> {
        let depth = self.depth;
        let head = self.head(name);
        let begin = self.find(&head)?;
        let body = begin + head.len();
        let tail = format!("{}}}\n", indentation(depth));
        let length = lines(&self.code[body..]).find(|(_, line)| **line == *tail)?.0;
        let code = self.code[body..body + length].to_owned();
        // The comment of a module does not describe what is beside it in the other file.
        let before = self.without_comment(begin);
        self.code.replace_range(before..body + length + tail.len(), "");
        Some(Self { code, depth: depth + 1 })
    }

    /// Adds a comment to the line that begins the module `name`, which rustc shows when there is a second one.
    pub(super) fn comment_module(&mut self, name: &str, comment: &str) {
        let head = self.head(name);
        if let Some(begin) = self.find(&head) {
            self.code.insert_str(begin + head.len() - 1, &format!(" // {comment}"));
        }
    }

    pub(super) fn has_module(&self, name: &str) -> bool {
        self.find(&self.head(name)).is_some()
    }

    fn head(&self, name: &str) -> String {
        format!("{}pub mod {name} {{\n", indentation(self.depth))
    }

    fn find(&self, line: &str) -> Option<usize> {
        lines(&self.code).find(|(_, it)| *it == line).map(|(at, _)| at)
    }

    /// Where the comment begins that ends at `end`.
    fn without_comment(&self, end: usize) -> usize {
        let comment = format!("{}///", indentation(self.depth));
        let before: Vec<_> = lines(&self.code[..end]).collect();
        let comment = before.iter().rev().take_while(|(_, line)| line.starts_with(&comment));
        comment.last().map_or(end, |(at, _)| *at)
    }
}

fn indentation(depth: usize) -> String {
    "    ".repeat(depth)
}

/// The lines with their ends, and where they begin.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let begin = *at;
        *at += line.len();
        Some((begin, line))
    })
}
