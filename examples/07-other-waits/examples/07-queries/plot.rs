//! Throughput and latency over the size of the pool, of queries that wait and of queries that work, as SVG.

use std::error::Error;
use std::fmt::Write as _;

use lab::plot::{self, Area, Curve, Frame, Spots, doublings, ends, mesh, scale, text};
use plotters::prelude::*;

use super::{Measured, Steps};

/// In units of the picture.
const SIZE: (u32, u32) = (560, 640);

/// Draws the steps as an SVG element. There is at least one of each kind.
pub(crate) fn draw(database: &str, steps: &Steps) -> Result<String, Box<dyn Error>> {
    let id = format!("queries-{}", database.to_lowercase());
    let title = format!("Queries to {database} that wait, and queries that work");
    let frame =
        Frame { id: &id, title: &title, told: &in_words(&title, steps), size: SIZE };
    plot::draw(&frame, |area| {
        let (above, below) = area.split_vertically(SIZE.1 / 2);
        panel(&above, "queries/s", &curves(steps, |m| m.step.throughput()))?;
        panel(&below, "ms", &curves(steps, |m| m.step.mean_latency() * 1e3))
    })
}

fn curves(steps: &Steps, value: fn(&Measured) -> f64) -> [Curve<'static>; 2] {
    let curve = |name, colour, spots, steps: &[Measured]| {
        let point = |measured: &Measured| (measured.step.workers as f64, value(measured));
        let mut points: Vec<_> = steps.iter().map(point).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Curve { name, colour, spots, points }
    };
    let [wait, work] = steps;
    [
        curve("they wait", plot::BLUE, Spots::Full, wait),
        curve("they work", plot::ORANGE, Spots::Rings, work),
    ]
}

/// One chart of two curves.
fn panel(
    area: &Area<'_>,
    unit: &str,
    curves: &[Curve<'_>],
) -> Result<(), Box<dyn Error>> {
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let (left, right) = ends(all().map(|&(x, _)| x), 1.3);
    let (low, high) = ends(all().map(|&(_, y)| y), 1.5);
    let mut chart = ChartBuilder::on(area)
        .margin_top(40)
        .margin_right(10)
        .x_label_area_size(48)
        .y_label_area_size(56)
        .build_cartesian_2d(
            scale(left, right, doublings()),
            scale(low, high, doublings()),
        )?;
    let number = |number: &f64| format!("{number:.0}");
    mesh(&mut chart, "connections in the pool", &number, &number)?;
    for curve in curves {
        curve.draw(&mut chart)?;
    }
    area.draw(&Text::new(unit.to_owned(), (8, 10), text(plot::INK)))?;
    for (x, curve) in [210, 410].into_iter().zip(curves) {
        curve.key(area, (x, 10))?;
    }
    Ok(())
}

/// What the picture shows, for those who hear it.
fn in_words(title: &str, steps: &Steps) -> String {
    let mut words = format!("{title}, with more and more connections.");
    for (kind, steps) in ["waiting", "working"].into_iter().zip(steps) {
        for Measured { step, .. } in steps {
            // Writing to a String cannot fail.
            let _ = write!(
                words,
                " {} connections, {kind}: {:.0} queries a second, {:.0} ms each.",
                step.workers,
                step.throughput(),
                step.mean_latency() * 1e3,
            );
        }
    }
    words
}
