//! How the inputs of an elementwise operation are repeated to the sizes of its output.

use smallvec::SmallVec;

/// The axes of an output of which N inputs are repeated, those that are repeated alike joined into one.
///
/// Nothing is allocated for as many axes as arrays of sequence models have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broadcast<const N: usize> {
    /// Last axis first, without axes of size 1.
    axes: SmallVec<[Axis<N>; 6]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis<const N: usize> {
    size: usize,
    /// From an element to the next in each input; 0 where the input is repeated.
    steps: [usize; N],
}

/// Elements of the output that lie side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row<const N: usize> {
    /// The number of the first element of the output.
    pub start: usize,
    /// How many elements there are.
    pub len: usize,
    /// The number of the first element in each input.
    pub at: [usize; N],
    /// From an element to the next in each input: mostly 1, or 0 where the input is repeated.
    pub steps: [usize; N],
}

impl<const N: usize> Broadcast<N> {
    /// From arrays of these sizes to one of the sizes `output`, to which they broadcast.
    pub fn new(inputs: [&[usize]; N], output: &[usize]) -> Self {
        let mut axes: SmallVec<[Axis<N>; 6]> = SmallVec::new();
        let mut strides = [1; N];
        for (from_end, size) in output.iter().copied().rev().enumerate() {
            let mut steps = [0; N];
            for (input, (step, stride)) in inputs.iter().zip(steps.iter_mut().zip(&mut strides)) {
                let own = input.len().checked_sub(from_end + 1).map_or(1, |axis| input[axis]);
                *step = if own == 1 { 0 } else { *stride };
                *stride *= own;
            }
            match axes.last_mut() {
                _ if size == 1 => {}
                Some(inner) if steps == inner.steps.map(|step| step * inner.size) => inner.size *= size,
                _ => axes.push(Axis { size, steps }),
            }
        }
        Self { axes }
    }

    /// Calls `visit` for all rows of the output in their order.
    pub fn for_each_row(&self, mut visit: impl FnMut(Row<N>)) {
        let one = Axis { size: 1, steps: [0; N] };
        let (inner, outer) = self.axes.split_first().unwrap_or((&one, &[]));
        let rows: usize = outer.iter().map(|axis| axis.size).product();
        let mut indices: SmallVec<[usize; 6]> = SmallVec::from_elem(0, outer.len());
        let mut at = [0; N];
        for row in 0..rows {
            visit(Row { start: row * inner.size, len: inner.size, at, steps: inner.steps });
            for (axis, index) in outer.iter().zip(&mut indices) {
                *index += 1;
                at.iter_mut().zip(axis.steps).for_each(|(at, step)| *at += step);
                if *index < axis.size {
                    break;
                }
                at.iter_mut().zip(axis.steps).for_each(|(at, step)| *at -= step * axis.size);
                *index = 0;
            }
        }
    }

    /// The number of elements of the output.
    fn len(&self) -> usize {
        self.axes.iter().map(|axis| axis.size).product()
    }
}

/// Writes `f` of one input's elements to `out`.
pub(crate) fn map1<F: Copy>(broadcast: &Broadcast<1>, x: &[F], out: &mut [F], f: impl Fn(F) -> F) {
    debug_assert_eq!(out.len(), broadcast.len());
    broadcast.for_each_row(|Row { start, len, at: [x_at], steps }| {
        let out = &mut out[start..start + len];
        match steps {
            [1] => out.iter_mut().zip(&x[x_at..][..len]).for_each(|(out, x)| *out = f(*x)),
            [0] if len > 0 => out.fill(f(x[x_at])),
            [step] => out.iter_mut().enumerate().for_each(|(i, out)| *out = f(x[x_at + i * step])),
        }
    });
}

/// Writes `f` of the elements of two inputs to `out`, in plain loops for the usual ways of repeating.
pub(crate) fn map2<F: Copy>(
    broadcast: &Broadcast<2>,
    x: &[F],
    y: &[F],
    out: &mut [F],
    f: impl Fn(F, F) -> F,
) {
    debug_assert_eq!(out.len(), broadcast.len());
    broadcast.for_each_row(|Row { start, len, at: [x_at, y_at], steps }| {
        let out = &mut out[start..start + len];
        match steps {
            [1, 1] => {
                let pairs = x[x_at..][..len].iter().zip(&y[y_at..][..len]);
                out.iter_mut().zip(pairs).for_each(|(out, (x, y))| *out = f(*x, *y));
            }
            [1, 0] if len > 0 => {
                let y = y[y_at];
                out.iter_mut().zip(&x[x_at..][..len]).for_each(|(out, x)| *out = f(*x, y));
            }
            [0, 1] if len > 0 => {
                let x = x[x_at];
                out.iter_mut().zip(&y[y_at..][..len]).for_each(|(out, y)| *out = f(x, *y));
            }
            [x_step, y_step] => {
                let elements = out.iter_mut().enumerate();
                elements.for_each(|(i, out)| *out = f(x[x_at + i * x_step], y[y_at + i * y_step]));
            }
        }
    });
}

/// Writes `a` where `condition` holds, else `b`.
pub(crate) fn select<F: Copy>(
    broadcast: &Broadcast<3>,
    condition: &[F],
    [a, b]: [&[F]; 2],
    out: &mut [F],
    holds: impl Fn(F) -> bool,
) {
    debug_assert_eq!(out.len(), broadcast.len());
    broadcast.for_each_row(|Row { start, len, at: [at, a_at, b_at], steps: [step, a_step, b_step] }| {
        let out = &mut out[start..start + len];
        if step == 0 && len > 0 {
            // A mask that covers the whole row.
            let (from, at, step) = if holds(condition[at]) { (a, a_at, a_step) } else { (b, b_at, b_step) };
            return out.iter_mut().enumerate().for_each(|(i, out)| *out = from[at + i * step]);
        }
        let condition = &condition[at..];
        match [step, a_step, b_step] {
            // The usual ways of repeating, in loops without steps.
            [1, 1, 1] => {
                let chosen = a[a_at..][..len].iter().zip(&b[b_at..][..len]);
                let elements = out.iter_mut().zip(condition).zip(chosen);
                elements
                    .for_each(|((out, condition), (a, b))| *out = if holds(*condition) { *a } else { *b });
            }
            [1, 1, 0] if len > 0 => {
                let elements = out.iter_mut().zip(condition).zip(&a[a_at..][..len]);
                elements
                    .for_each(|((out, condition), a)| *out = if holds(*condition) { *a } else { b[b_at] });
            }
            [1, 0, 1] if len > 0 => {
                let elements = out.iter_mut().zip(condition).zip(&b[b_at..][..len]);
                elements
                    .for_each(|((out, condition), b)| *out = if holds(*condition) { a[a_at] } else { *b });
            }
            _ => out.iter_mut().enumerate().for_each(|(i, out)| {
                *out = if holds(condition[i * step]) { a[a_at + i * a_step] } else { b[b_at + i * b_step] };
            }),
        }
    });
}

#[cfg(test)]
mod tests;
