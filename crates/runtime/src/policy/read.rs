//! Values of a policy file, and what is wrong with them, where.
//!
//! Without serde, whose code for all that a value could be is three times as large as the parser.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a file: the line, and what is allowed there.
#[derive(Debug)]
pub(super) struct Mistake(String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A table, and the file that it is in.
pub(super) struct Table<'a> {
    file: &'a str,
    items: &'a DeTable<'a>,
    at: Range<usize>,
}

/// A value, and the file that it is in.
pub(super) struct Value<'a> {
    file: &'a str,
    value: &'a Spanned<DeValue<'a>>,
}

/// Reads a file, all of which is a table.
pub(super) fn read<T>(file: &str, take: impl FnOnce(&Table<'_>) -> Result<T, Mistake>) -> Result<T, Mistake> {
    let items = DeTable::parse(file).map_err(|error| Mistake(error.to_string()))?;
    take(&Table { file, items: items.get_ref(), at: items.span() })
}

impl Table<'_> {
    /// Refuses names that are not `known`.
    pub(super) fn has_only(&self, known: &[&str]) -> Result<(), Mistake> {
        let unknown = self.items.keys().find(|name| !known.contains(&name.get_ref().as_ref()));
        let Some(name) = unknown else { return Ok(()) };
        let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        let what = format!("`{}` is unknown; what can be here is {}", name.get_ref(), known.join(", "));
        Err(mistake(self.file, &name.span(), &what))
    }

    /// The value called `name`.
    pub(super) fn get(&self, name: &str) -> Option<Value<'_>> {
        self.items.get(name).map(|value| Value { file: self.file, value })
    }

    /// The same, where there has to be one.
    pub(super) fn must_get(&self, name: &str) -> Result<Value<'_>, Mistake> {
        self.get(name).ok_or_else(|| mistake(self.file, &self.at, &format!("`{name}` is missing")))
    }

    /// The list called `name`, each of its values as `item` takes it.
    pub(super) fn list<T>(
        &self,
        name: &str,
        item: impl Fn(&Value<'_>) -> Result<T, Mistake>,
    ) -> Result<Option<Vec<T>>, Mistake> {
        let Some(list) = self.get(name) else { return Ok(None) };
        let Some(values) = list.value.get_ref().as_array() else { return Err(list.is_no("list")) };
        values.iter().map(|value| item(&Value { file: self.file, value })).collect::<Result<_, _>>().map(Some)
    }

    /// A list of texts.
    pub(super) fn texts<T>(
        &self,
        name: &str,
        item: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Vec<T>>, Mistake> {
        self.list(name, |value| value.text(&item))
    }
}

impl Value<'_> {
    /// A text, as `take` understands it.
    pub(super) fn text<T>(&self, take: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Mistake> {
        let text = self.value.get_ref().as_str().ok_or_else(|| self.is_no("text"))?;
        take(text).map_err(|what| mistake(self.file, &self.value.span(), &what))
    }

    /// A number of zero or more.
    pub(super) fn number(&self) -> Result<u64, Mistake> {
        let number = self.value.get_ref().as_integer();
        let number = number.and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        number.ok_or_else(|| self.is_no("number of bytes"))
    }

    /// A table.
    pub(super) fn table(&self) -> Result<Table<'_>, Mistake> {
        let items = self.value.get_ref().as_table().ok_or_else(|| self.is_no("table"))?;
        Ok(Table { file: self.file, items, at: self.value.span() })
    }

    fn is_no(&self, wanted: &str) -> Mistake {
        let what = format!("this has to be a {wanted}, not a value of type {}", self.value.get_ref().type_str());
        mistake(self.file, &self.value.span(), &what)
    }
}

/// As the parser shows mistakes of its own: the line, and a mark below what is wrong in it.
fn mistake(file: &str, at: &Range<usize>, what: &str) -> Mistake {
    let before = file.get(..at.start).unwrap_or(file);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = file[start..].lines().next().unwrap_or_default();
    let (number, column) = (before.matches('\n').count() + 1, before[start..].chars().count());
    let rest = line.chars().count().saturating_sub(column).max(1);
    let marks = "^".repeat(file.get(at.clone()).map_or(1, |part| part.chars().count()).clamp(1, rest));
    let margin = " ".repeat(number.to_string().len());
    Mistake(format!(
        "TOML parse error at line {number}, column {}\n{margin} |\n{number} | {line}\n{margin} | {:column$}{marks}\n{what}",
        column + 1,
        "",
    ))
}
