//! JSON written straight into bytes: compact, in the order of the calls, without a tree in between.
//! Data files are written by the thousand.

use super::json_text::{Json, Member, Text};

/// An object that is being written. Its keys are plain ASCII words.
#[derive(Debug)]
pub(super) struct Object<'a> {
    out: &'a mut Text,
}

/// Appends an object as a line; `fill` puts its keys into it.
pub(super) fn line(bytes: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
    let mut out = Text::after(std::mem::take(bytes));
    object(&mut out, fill);
    out.push(b'\n');
    *bytes = out.into_bytes();
}

#[inline]
fn object(out: &mut Text, fill: impl FnOnce(&mut Object<'_>)) {
    out.bracketed(*b"{}", |out| fill(&mut Object { out }));
}

/// A key with the comma before it and the colon after it, in one constant.
macro_rules! key {
    ($key:literal) => {
        concat!(",\"", $key, "\":")
    };
}
pub(super) use key;

/// A key with a value.
macro_rules! put {
    ($object:expr, $key:literal, $value:expr) => {
        $object.member(
            &$crate::render::json_text::Member {
                key: key!($key),
                null: concat!(key!($key), "null"),
                yes: concat!(key!($key), "true"),
                no: concat!(key!($key), "false"),
            },
            $value,
        )
    };
}
pub(super) use put;

impl Object<'_> {
    /// A key with a value: by [`put!`]. What is called `member` below is a [`key!`].
    #[inline]
    pub(super) fn member(&mut self, member: &Member, value: impl Json) {
        value.write_member(member, self.out);
    }

    /// Members that are known before anything is: [`key!`]s with their values.
    #[inline]
    pub(super) fn known(&mut self, members: &'static str) {
        self.out.extend(members.as_bytes());
    }

    /// A key with an object.
    #[inline]
    pub(super) fn object(&mut self, member: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.out.extend(member.as_bytes());
        object(self.out, fill);
    }

    /// A key with an object, or null.
    pub(super) fn object_of<T>(
        &mut self,
        member: &str,
        value: Option<T>,
        fill: impl FnOnce(&mut Object<'_>, T),
    ) {
        self.out.extend(member.as_bytes());
        match value {
            Some(value) => object(self.out, |object| fill(object, value)),
            None => self.out.extend(b"null"),
        }
    }

    /// A key with a list of values.
    #[inline]
    pub(super) fn list(&mut self, member: &str, values: impl IntoIterator<Item = impl Json>) {
        self.out.extend(member.as_bytes());
        self.out.bracketed(*b"[]", |out| {
            for value in values {
                out.push(b',');
                value.write(out);
            }
        });
    }

    /// A key with a list of objects.
    #[inline]
    pub(super) fn objects<T>(
        &mut self,
        member: &str,
        values: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(&mut Object<'_>, T),
    ) {
        self.out.extend(member.as_bytes());
        self.out.bracketed(*b"[]", |out| {
            for value in values {
                out.push(b',');
                object(out, |object| fill(object, value));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "a key without key!")]
    fn a_key_that_is_none_is_noticed() {
        line(&mut Vec::new(), |all| all.known("\"n\":1"));
    }

    #[test]
    fn brackets_close_with_and_without_members() {
        let mut written = b"before\n".to_vec();
        line(&mut written, |all| {
            all.object(key!("empty"), |_| ());
            all.list(key!("numbers"), [1, 2]);
            all.list(key!("none"), [0; 0]);
            all.objects(key!("few"), [1], |one, number| put!(one, "n", number));
            all.object_of(key!("absent"), None::<i32>, |_, _| ());
            put!(all, "yes", true);
            put!(all, "no", Some(false));
            put!(all, "null", None::<bool>);
            put!(all, "number", Some(7));
        });
        assert_eq!(
            String::from_utf8(written).unwrap(),
            concat!(
                "before\n",
                r#"{"empty":{},"numbers":[1,2],"none":[],"few":[{"n":1}],"absent":null,"#,
                r#""yes":true,"no":false,"null":null,"number":7}"#,
                "\n"
            )
        );
    }
}
