//! Throughput by the number of workers, beside Little's law.

use std::error::Error;
use std::fmt::Write as _;

use choosing::measured::{Measured, Table};
use lab::plot::{self, Area, Curve, Frame, Spots, doublings, ends, mesh, scale, text};
use plotters::prelude::*;

use super::{WIDTH, colour};
use crate::derived::{SLOTS, predicted, rate, steps};
use crate::labels::label;

/// Throughput by the number of workers, and what Little's law says of it; nothing where nothing was swept.
pub(super) fn draw(measured: &Measured) -> Result<Option<String>, Box<dyn Error>> {
    let rates = Rates::of(measured, &steps(measured));
    let Some(last) = rates.steps().last() else { return Ok(None) };
    // The bend is a point of its own.
    let mut bends: Vec<usize> = rates.steps().chain([SLOTS.min(last)]).collect();
    bends.sort_unstable();
    bends.dedup();
    let law = Curve {
        name: "Little's law",
        colour: plot::PREDICTED,
        spots: Spots::None,
        points: bends.into_iter().map(|n| (n as f64, predicted(n))).collect(),
    };
    let mut curves: Vec<Curve<'_>> = Vec::new();
    for Rate { by, name, points } in &rates.0 {
        let colour = colour(by);
        let again = curves.iter().any(|curve| curve.colour == colour);
        let spots = if again { Spots::Rings } else { Spots::Full };
        let points = points.iter().map(|&(n, rate)| (n as f64, rate)).collect();
        curves.push(Curve { name, colour, spots, points });
    }
    curves.push(law);
    let (slots, told) = (SLOTS, rates.in_words());
    let title = format!("Pages a second, by the number of workers, from {slots} slots");
    let size = (WIDTH.unsigned_abs(), 540);
    let frame = Frame { id: "bench-sweep", title: &title, told: &told, size };
    plot::draw(&frame, |area| chart(area, &curves)).map(Some)
}

/// What each row has reached.
struct Rates<'a>(Vec<Rate<'a>>);

struct Rate<'a> {
    by: &'a str,
    name: String,
    /// Pages a second for each number of workers, which ascend.
    points: Vec<(usize, f64)>,
}

impl<'a> Rates<'a> {
    fn of(measured: &'a Measured, steps: &[(usize, &'a Table)]) -> Self {
        let mut rates: Vec<Rate<'_>> = Vec::new();
        for (workers, table) in steps {
            for row in measured.rows(&table.id) {
                let Some(pages) = rate(&row, table) else { continue };
                let (name, point) = (label(row.by, row.row), (*workers, pages.median));
                match rates.iter_mut().find(|rate| rate.name == name) {
                    Some(rate) => rate.points.push(point),
                    None => rates.push(Rate { by: row.by, name, points: vec![point] }),
                }
            }
        }
        Self(rates)
    }

    /// The numbers of workers, in ascending order.
    fn steps(&self) -> impl Iterator<Item = usize> {
        let mut steps: Vec<usize> =
            self.0.iter().flat_map(|rate| &rate.points).map(|(n, _)| *n).collect();
        steps.sort_unstable();
        steps.dedup();
        steps.into_iter()
    }

    fn in_words(&self) -> String {
        let mut words = "Pages a second.".to_owned();
        for n in self.steps() {
            let law = predicted(n);
            let _ = write!(words, " {n} workers: {law:.0} by Little's law");
            for Rate { name, points, .. } in &self.0 {
                if let Some((_, rate)) = points.iter().find(|(step, _)| *step == n) {
                    let _ = write!(words, "; {name} {rate:.0}");
                }
            }
            words.push('.');
        }
        words
    }
}

fn chart(area: &Area<'_>, curves: &[Curve<'_>]) -> Result<(), Box<dyn Error>> {
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let (left, right) = ends(all().map(|&(x, _)| x), 1.3);
    let (low, high) = ends(all().map(|&(_, y)| y), 1.5);
    let lines = i32::try_from(curves.len())?;
    let top = 28 * lines + 46;
    let mut chart = ChartBuilder::on(area)
        .margin_top(top)
        .margin_right(10)
        .x_label_area_size(48)
        .y_label_area_size(60)
        .build_cartesian_2d(
            scale(left, right, doublings()),
            scale(low, high, doublings()),
        )?;
    let whole = |value: &f64| format!("{value:.0}");
    mesh(&mut chart, "workers", &whole, &whole)?;
    for curve in curves {
        curve.draw(&mut chart)?;
    }
    area.draw(&Text::new("pages/s", (8, top - 26), text(plot::INK)))?;
    for (y, curve) in (0..).map(|i| 10 + 28 * i).zip(curves) {
        curve.key(area, (120, y))?;
        if let Some(spot) = curve.spot((96, y + 9)) {
            area.draw(&spot)?;
        }
    }
    Ok(())
}
