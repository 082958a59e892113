//! What must not be shown: which names mark a secret, and what is put in the place of one.

use serde_json::Value;

/// What stands in the place of a secret.
pub const MASK: &str = "***";

/// A name that holds one of these, in lower or upper case, most likely is that of a secret. Too many are hidden
/// rather than one too few.
const WORDS: [&str; 11] =
    ["key", "token", "secret", "password", "passwd", "passphrase", "pwd", "auth", "credential", "cookie", "signature"];

/// Whether what has this name is most likely to be kept secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

/// Whether a number of this name is one of tokens, such as `max_tokens`.
fn is_amount(name: &str) -> bool {
    let name = name.to_lowercase();
    let starts = ["max", "min", "num"];
    name == "tokens" || name.contains("tokens") && starts.iter().any(|start| name.starts_with(start))
}

/// `value`, which has this name, without what is to be kept secret: whatever a secret's name stands above, and
/// what URLs hold of secrets.
pub fn masked(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(map) if is_secret_name(name) => {
            map.iter().map(|(below, value)| (below.clone(), masked(name, value))).collect()
        }
        Value::Object(map) => map.iter().map(|(below, value)| (below.clone(), masked(below, value))).collect(),
        Value::Array(items) => items.iter().map(|item| masked(name, item)).collect(),
        Value::Number(_) if is_amount(name) => value.clone(),
        Value::String(_) | Value::Number(_) if is_secret_name(name) => MASK.into(),
        Value::String(text) => masked_urls(text).into(),
        other => other.clone(),
    }
}

/// The same of a value that stands at the dotted `path`.
pub fn masked_at(path: &str, value: &Value) -> Value {
    masked(path.split('.').find(|name| is_secret_name(name)).unwrap_or_default(), value)
}

/// `url` without what may hold a secret: user, password, query.
pub fn public_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    masked_urls(url)
}

/// `text`, whose URLs are without user and password and without the values of secret parameters.
pub fn masked_urls(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        // An apostrophe is no end: passwords may hold one.
        let end = after.find(|it: char| it.is_whitespace() || "\"<>".contains(it)).unwrap_or(after.len());
        masked.push_str(before);
        masked.push_str("://");
        push_masked(&mut masked, &after[..end]);
        rest = &after[end..];
    }
    masked + rest
}

/// Adds `address`, a URL after its scheme.
fn push_masked(masked: &mut String, address: &str) {
    let (place, parameters) = address.split_at(address.find(['?', '#']).unwrap_or(address.len()));
    // Whoever writes a slash into a password means no path by it, so the last sign counts.
    match place.rsplit_once('@') {
        Some((_, host)) => masked.extend([MASK, "@", host]),
        None => masked.push_str(place),
    }
    for parameter in parameters.split_inclusive(['?', '&', '#', ';']) {
        let end = parameter.len() - usize::from(parameter.ends_with(['?', '&', '#', ';']));
        match parameter[..end].split_once('=') {
            Some((name, _)) if is_secret_name(name) || name == "sig" => {
                masked.extend([name, "=", MASK, &parameter[end..]]);
            }
            _ => masked.push_str(parameter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whatever_a_secret_s_name_stands_above_is_masked() {
        let given = json!({
            "api_keys": {"a": "x", "deep": [{"b": 12345}]},
            "token": 7, "Auth": "x", "passwd": ["x", "y"], "credentials": {"user": "x"}, "APIKEY": "x",
            "max_tokens": 400, "language": "cpp", "runs": 3, "use_token": true, "key": null,
            "tokens": 5, "minted_tokens": "x", "max_tokens_by": {"a": 5, "b": "x"},
        });
        let expected = json!({
            "api_keys": {"a": "***", "deep": [{"b": "***"}]},
            "token": "***", "Auth": "***", "passwd": ["***", "***"], "credentials": {"user": "***"}, "APIKEY": "***",
            "max_tokens": 400, "language": "cpp", "runs": 3, "use_token": true, "key": null,
            "tokens": 5, "minted_tokens": "***", "max_tokens_by": {"a": 5, "b": "***"},
        });
        assert_eq!(masked("task_config", &given), expected);
    }

    #[test]
    fn what_stands_below_a_secret_s_name_is_found_by_its_path() {
        assert_eq!(masked_at(".api_keys.a", &json!(["x"])), json!(["***"]));
        assert_eq!(masked_at(".runs", &json!(3)), json!(3));
        assert_eq!(masked_at("", &json!({"token": "x"})), json!({"token": "***"}));
    }

    #[test]
    fn urls_keep_no_secret_wherever_they_stand() {
        for (text, expected) in [
            ("http://h:1/p?page=2", "http://h:1/p?page=2"),
            ("http://u:p/w@h/p", "http://***@h/p"),
            ("ask https://token@h and ftp://u:pw@g, then go", "ask https://***@h and ftp://***@g, then go"),
            ("\"https://h/x?api_key=abc&page=2&sig=x#a\" b", "\"https://h/x?api_key=***&page=2&sig=***#a\" b"),
            ("'http://u:p'w@h'", "'http://***@h'"),
            ("https://h/#access_token=abc", "https://h/#access_token=***"),
            ("://", "://"),
            ("a@b: no URL", "a@b: no URL"),
        ] {
            assert_eq!(masked_urls(text), expected);
            assert_eq!(masked("note", &json!([text])), json!([expected]));
        }
        assert_eq!(public_url("https://u:p@h/v1?version=2"), "https://***@h/v1");
    }
}
