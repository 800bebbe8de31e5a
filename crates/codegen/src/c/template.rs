//! Text with holes: `{{NAME}}` is replaced, once.

/// Fills the holes of `template`; a hole without a value stays, as the tests would see.
pub(super) fn render(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        text.push_str(before);
        let hole = after.split_once("}}");
        let value = hole.and_then(|(name, _)| values.iter().find(|(known, _)| *known == name));
        match (hole, value) {
            (Some((_, tail)), Some((_, value))) => {
                text.push_str(value);
                rest = tail;
            }
            _ => {
                text.push_str("{{");
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}
