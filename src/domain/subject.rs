//! The subject of a letter as a template: some protocol offices sort their mail by it.

/// A part of the document that a subject may name. Never a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectField {
    /// `10/2026`
    Month,
    /// The host office.
    Host,
    /// The home office.
    Home,
    /// `12/2026`: tells two coworkers of the same two offices apart.
    Number,
    /// The intesa's own date or protocol number.
    Reference,
}

impl SubjectField {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Month, Self::Host, Self::Home, Self::Number, Self::Reference];

    /// The name between braces.
    pub fn code(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Host => "host",
            Self::Home => "home",
            Self::Number => "number",
            Self::Reference => "reference",
        }
    }
}

/// A stretch of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectPart {
    /// As written.
    Text(String),
    /// To be filled in.
    Field(SubjectField),
}

/// A template, as `Prospetto {month} - {host} - n. {number}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectTemplate(Vec<SubjectPart>);

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// Not printable ASCII.
    #[error("it has characters that are not ASCII")]
    Characters,
    /// A `{` or `}` without its other half.
    #[error("it has a brace without its other half")]
    Brace,
    /// Not a field.
    #[error("there is no field {{{0}}}")]
    Field(String),
    /// A field twice.
    #[error("it has {{{0}}} twice")]
    Twice(&'static str),
    /// No `{number}`: two coworkers of the same offices could not be told apart.
    #[error("it lacks {{number}}, which tells two statements of the same offices apart")]
    Number,
    /// What is written takes the room of what is filled in.
    #[error("its own words are longer than {} characters", SubjectTemplate::LONGEST_WORDS)]
    Length,
}

impl SubjectTemplate {
    /// The longest subject, in characters.
    pub const LONGEST: usize = 120;

    /// The most that a template may say by itself, in characters.
    pub const LONGEST_WORDS: usize = 60;

    /// Reads a template: fields in braces, all else as written.
    pub fn parse(text: &str) -> Result<Self, SubjectError> {
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(SubjectError::Characters);
        }
        let mut parts = Vec::new();
        for (index, piece) in text.split('{').enumerate() {
            let words = match (index, piece.split_once('}')) {
                (0, _) => piece,
                (_, None) => return Err(SubjectError::Brace),
                (_, Some((name, words))) => {
                    let field = SubjectField::ALL.iter().find(|field| field.code() == name);
                    let field = field.ok_or_else(|| SubjectError::Field(name.to_owned()))?;
                    if parts.contains(&SubjectPart::Field(*field)) {
                        return Err(SubjectError::Twice(field.code()));
                    }
                    parts.push(SubjectPart::Field(*field));
                    words
                }
            };
            if words.contains('}') {
                return Err(SubjectError::Brace);
            }
            if !words.is_empty() {
                parts.push(SubjectPart::Text(words.to_owned()));
            }
        }
        if !parts.contains(&SubjectPart::Field(SubjectField::Number)) {
            return Err(SubjectError::Number);
        }
        let words = |part: &SubjectPart| match part {
            SubjectPart::Text(text) => text.len(),
            SubjectPart::Field(_) => 0,
        };
        if parts.iter().map(words).sum::<usize>() > Self::LONGEST_WORDS {
            return Err(SubjectError::Length);
        }
        Ok(Self(parts))
    }

    /// Its parts in order.
    pub fn parts(&self) -> &[SubjectPart] {
        &self.0
    }
}

/// What Italian offices would write, with the number of the document and that of the intesa.
impl Default for SubjectTemplate {
    fn default() -> Self {
        let text = |text: &str| SubjectPart::Text(text.to_owned());
        Self(vec![
            text("Prospetto mensile presenze coworking "),
            SubjectPart::Field(SubjectField::Month),
            text(" - "),
            SubjectPart::Field(SubjectField::Host),
            text(" - n. "),
            SubjectPart::Field(SubjectField::Number),
            text(" - intesa "),
            SubjectPart::Field(SubjectField::Reference),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_names_fields_and_the_number_among_them() {
        let default =
            "Prospetto mensile presenze coworking {month} - {host} - n. {number} - intesa {reference}";
        assert_eq!(SubjectTemplate::parse(default), Ok(SubjectTemplate::default()));
        for (text, expected) in [
            ("AREA II {number}", None),
            ("{number}{number}", Some(SubjectError::Twice("number"))),
            ("Prospetto {month}", Some(SubjectError::Number)),
            ("", Some(SubjectError::Number)),
            ("n. {number", Some(SubjectError::Brace)),
            ("n. {number}}", Some(SubjectError::Brace)),
            ("} {number}", Some(SubjectError::Brace)),
            ("{numero}", Some(SubjectError::Field("numero".to_owned()))),
            ("È {number}", Some(SubjectError::Characters)),
            ("{number}\n", Some(SubjectError::Characters)),
        ] {
            assert_eq!(SubjectTemplate::parse(text).err(), expected, "{text}");
        }
        assert!(SubjectTemplate::parse(&format!("{{number}}{}", "x".repeat(60))).is_ok());
        let long = SubjectTemplate::parse(&format!("{{number}}{}", "x".repeat(61)));
        assert_eq!(long.err(), Some(SubjectError::Length));
    }
}
