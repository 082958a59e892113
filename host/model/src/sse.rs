//! Server-sent events, as far as chat servers use them: the data of each event.

/// Takes a stream's bytes in pieces and gives the data of whole events.
#[derive(Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    data: Option<String>,
    after_return: bool,
}

impl Events {
    /// Takes in the next bytes; the data of each event that they complete goes to `event`.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut event: impl FnMut(String)) {
        for &byte in bytes {
            let second_of_pair = std::mem::replace(&mut self.after_return, byte == b'\r') && byte == b'\n';
            match byte {
                b'\n' if second_of_pair => {}
                b'\n' | b'\r' => self.end_line(&mut event),
                byte => self.line.push(byte),
            }
        }
    }

    /// Ends the stream; a last event without its blank line counts.
    pub(crate) fn finish(mut self, mut event: impl FnMut(String)) {
        if !self.line.is_empty() {
            self.end_line(&mut event);
        }
        if let Some(data) = self.data.take() {
            event(data);
        }
    }

    fn end_line(&mut self, event: &mut impl FnMut(String)) {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        if line.is_empty() {
            if let Some(data) = self.data.take() {
                event(data);
            }
            return;
        }
        // Comments, names and retry hints say nothing about the reply.
        let Some(value) = line.strip_prefix("data:") else { return };
        let value = value.strip_prefix(' ').unwrap_or(value);
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            None => self.data = Some(value.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut found = Vec::new();
        let mut events = Events::default();
        for piece in pieces {
            events.feed(piece, |data| found.push(data));
        }
        events.finish(|data| found.push(data));
        found
    }

    #[test]
    fn reads_all_line_ends_comments_and_several_lines() {
        let text = b": hello\n\ndata: a\r\n\r\nevent: x\rdata:b\rdata: c\r\rdata: [DONE]";
        assert_eq!(read(&[text]), ["a", "b\nc", "[DONE]"]);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(text in "(data: ?[a-zäß]{0,5}|:c|x|\r|\n|\r\n){0,30}", cuts in proptest::collection::vec(0..80usize, 0..6)) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut start = 0;
            for cut in cuts {
                pieces.push(&bytes[start..cut]);
                start = cut;
            }
            pieces.push(&bytes[start..]);
            prop_assert_eq!(read(&pieces), read(&[bytes]));
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(&[&bytes]);
        }
    }
}
