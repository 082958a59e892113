//! The sandbox starts the class `Main`; the original starts whichever class is public.

use std::borrow::Cow;

/// `code` with its public class, and every mention of it, called `Main`.
pub(super) fn with_main(code: &str) -> Cow<'_, str> {
    match public_class(code) {
        Some(name) if name != "Main" => Cow::Owned(renamed(code, name)),
        _ => Cow::Borrowed(code),
    }
}

/// The name after the first `public`, `class`.
fn public_class(code: &str) -> Option<&str> {
    let mut words = words(code).skip_while(|word| *word != "public");
    while let Some(word) = words.next() {
        if word == "public" {
            let mut rest = words.clone().skip_while(|word| ["final", "abstract", "strictfp"].contains(word));
            if rest.next() == Some("class") {
                return rest.next().filter(|name| !name.starts_with(|first: char| first.is_ascii_digit()));
            }
        }
    }
    None
}

fn is_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

fn words(code: &str) -> impl Iterator<Item = &str> + Clone {
    code.split(|character| !is_part(character)).filter(|word| !word.is_empty())
}

fn renamed(code: &str, name: &str) -> String {
    let pieces = code.split_inclusive(|character| !is_part(character));
    let mut text = String::with_capacity(code.len());
    for piece in pieces {
        let word = piece.trim_end_matches(|character| !is_part(character));
        text.push_str(if word == name { "Main" } else { word });
        text.push_str(&piece[word.len()..]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_public_class_becomes_main() {
        for (code, expected) in [
            ("public class Codechef { Codechef() {} }", "public class Main { Main() {} }"),
            ("public final class A{A a; int Ab;}", "public final class Main{Main a; int Ab;}"),
            ("class A { public int x; }", "class A { public int x; }"),
            ("public class Main {}", "public class Main {}"),
            ("public interface I {} public class É1 { É1 x; }", "public interface I {} public class Main { Main x; }"),
            ("public class", "public class"),
        ] {
            assert_eq!(with_main(code), expected);
        }
    }

    proptest! {
        #[test]
        fn nothing_else_changes(code in "(public |class |A|b|\\{|é|\\$| ){0,12}") {
            let changed = with_main(&code);
            prop_assert!(changed == code || public_class(&code).is_some());
            let rest = |text: &str| text.chars().filter(|it| !is_part(*it)).collect::<String>();
            prop_assert_eq!(rest(&changed), rest(&code));
        }
    }
}
