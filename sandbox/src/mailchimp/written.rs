//! Members in an answer, written as text one by one: a million of them go over the wire, and a tree of values costs more
//! than the work itself.

use super::{
    lists::List,
    member::{Member, Raw},
    problem::Result,
    view::View,
    work::Ctx,
};

/// One array of an answer. What nobody wants is counted, not written.
pub(super) struct Written<'a> {
    view: View<'a>,
    pub array: Array,
    pub total: usize,
}

/// The text of an array and its name in the answer.
#[derive(Debug)]
pub(super) struct Array {
    pub name: &'static str,
    text: Vec<u8>,
    wanted: bool,
}

impl<'a> Written<'a> {
    pub(super) fn new(ctx: &Ctx<'_>, name: &'static str, view: View<'a>) -> Self {
        let wanted = ctx.select.wants(&[name]);
        Self { view, array: Array { name, text: vec![b'['], wanted }, total: 0 }
    }

    pub(super) fn add(&mut self, ctx: &Ctx<'_>, member: &Member) -> Result<()> {
        self.total += 1;
        if self.view.is_empty() {
            return Ok(());
        }
        let text = &mut self.array.text;
        if text.len() > 1 {
            text.push(b',');
        }
        self.view.write(ctx, member, text)
    }

    /// A page of members.
    pub(super) fn all(ctx: &Ctx<'_>, list: &'a List, page: Vec<Raw>) -> Result<Array> {
        let mut members = Self::new(ctx, "members", View::new(ctx, list, &["members"])?);
        let with_values = members.view.with_values();
        page.into_iter().try_for_each(|raw| members.add(ctx, &raw.member(with_values)?))?;
        Ok(members.array)
    }
}

impl Array {
    /// Adds it to an object's text that is not closed yet.
    pub(super) fn append_to(&self, object: &mut Vec<u8>) {
        if !self.wanted {
            return;
        }
        if object.last() != Some(&b'{') {
            object.push(b',');
        }
        object.extend([b"\"", self.name.as_bytes(), b"\":"].concat());
        object.extend_from_slice(&self.text);
        object.push(b']');
    }
}
