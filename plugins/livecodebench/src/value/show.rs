//! Values for people, in Python's spelling.

use super::{Text, Value};
use std::fmt;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(integer) => write!(f, "{integer}"),
            Self::Float(float) if float.is_nan() => f.write_str("nan"),
            Self::Float(float) => write!(f, "{float:?}"),
            Self::Text(text) => write!(f, "{:?}", text.to_string()),
            Self::List(values) => sequence(f, "[", values, "]"),
            Self::Tuple(values) => sequence(f, "(", values, if values.len() == 1 { ",)" } else { ")" }),
            Self::Dict(items) => {
                f.write_str("{")?;
                for (index, (key, value)) in items.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{:?}: {value}", key.to_string())?;
                }
                f.write_str("}")
            }
            Self::Other(description) => write!(f, "{description}"),
        }
    }
}

fn sequence(f: &mut fmt::Formatter<'_>, start: &str, values: &[Value], end: &str) -> fmt::Result {
    f.write_str(start)?;
    for (index, value) in values.iter().enumerate() {
        write!(f, "{}{value}", if index == 0 { "" } else { ", " })?;
    }
    f.write_str(end)
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use crate::value::{Dialect, parse};

    #[test]
    fn values_look_like_python() {
        let text = r#"{"b":[1,2.0,null,true],"a":((1),"x\n",?"<object>",-inf,1e100)}"#;
        let shown = parse(text.as_bytes(), Dialect::Reply).unwrap().to_string();
        assert_eq!(shown, r#"{"a": ((1,), "x\n", <object>, -inf, 1e100), "b": [1, 2.0, None, True]}"#);
    }
}
