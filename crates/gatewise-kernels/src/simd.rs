//! The one door to vector instructions: which set is used, and running an operation on it.
//!
//! What an addition is on this CPU is the business of `rten-simd`. Its names are not seen outside this crate.

use std::sync::atomic::{AtomicU8, Ordering};

pub(crate) use rten_simd::ops::{BitOps, FloatOps, IntOps, NumOps, ToFloat};
pub(crate) use rten_simd::{Elem, Simd, SimdUnaryOp};

#[cfg(target_arch = "aarch64")]
use rten_simd::isa::ArmNeonIsa;
use rten_simd::isa::GenericIsa;
#[cfg(target_arch = "x86_64")]
use rten_simd::isa::{Avx2Isa, Avx512Isa};

/// A set of vector instructions that is known when code is compiled.
///
/// Its instructions become code only in a function that is compiled for the set, so that all that uses them is
/// `#[inline(always)]`, up to what is handed to [`run`] or to `call`.
pub(crate) trait Isa: rten_simd::Isa {
    /// Runs `kernel` as a function of its own, for which the compiler has all registers, compiled for this set.
    fn call<K: Kernel<Self>>(self, kernel: K);
}

/// Work for any set of instructions, see [`run`].
pub(crate) trait SimdOp {
    type Output;

    fn eval<I: Isa>(self, isa: I) -> Self::Output;
}

/// Work within an operation, see [`Isa::call`].
pub(crate) trait Kernel<I> {
    /// Must be `#[inline(always)]`.
    fn eval(self, isa: I);
}

/// A set of vector instructions, named as in rustc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum InstructionSet {
    /// Whatever the compiler makes of four numbers at a time; does not fuse multiplication and addition.
    Generic = 1,
    /// 8 numbers at a time, on x86-64.
    Avx2 = 2,
    /// 16 numbers at a time, on x86-64.
    Avx512f = 3,
    /// 4 numbers at a time, on AArch64.
    Neon = 4,
}

impl InstructionSet {
    /// All sets, the most basic one first.
    pub const ALL: [Self; 4] = [Self::Generic, Self::Avx2, Self::Avx512f, Self::Neon];

    /// The name in rustc's list of target features, or `generic`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Avx2 => "avx2",
            Self::Avx512f => "avx512f",
            Self::Neon => "neon",
        }
    }

    /// Whether this CPU has it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Generic => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Avx2Isa::new().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512f => Avx512Isa::new().is_some(),
            Self::Neon => cfg!(target_arch = "aarch64"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512f => false,
        }
    }

    /// The set that functions use now: the one chosen last, or else the widest that this CPU has.
    #[inline]
    pub fn current() -> Self {
        match CHOSEN.load(Ordering::Relaxed) {
            0 => Self::choose_widest(),
            number => Self::ALL[usize::from(number) - 1],
        }
    }

    /// Chooses the widest set unless another thread has chosen one meanwhile.
    #[cold]
    fn choose_widest() -> Self {
        let widest = Self::widest();
        match CHOSEN.compare_exchange(0, widest as u8, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => widest,
            Err(number) => Self::ALL[usize::from(number) - 1],
        }
    }

    /// Makes all functions use this set from now on, in every thread.
    ///
    /// Sets differ in the last bits of what they compute: choose before the first call, once.
    ///
    /// # Panics
    ///
    /// If this CPU does not have it.
    pub fn choose(self) {
        assert!(self.is_available(), "this CPU has no {} instructions", self.name());
        CHOSEN.store(self as u8, Ordering::Relaxed);
    }

    fn widest() -> Self {
        let [generic, avx2, avx512f, neon] = Self::ALL;
        [avx512f, avx2, neon].into_iter().find(|set| set.is_available()).unwrap_or(generic)
    }
}

/// The number of the chosen set, or 0 as long as nobody has asked for one.
static CHOSEN: AtomicU8 = AtomicU8::new(0);

/// Runs `operation` on the current instruction set.
pub(crate) fn run<O: SimdOp>(operation: O) -> O::Output {
    match InstructionSet::current() {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512f => {
            let isa = Avx512Isa::new().expect("the current set is available");
            // SAFETY: the value `isa` exists only where the CPU has the features named at `run_avx512`.
            #[allow(unsafe_code, reason = "the only way into code compiled for an instruction set")]
            unsafe {
                run_avx512(isa, operation)
            }
        }
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => {
            let isa = Avx2Isa::new().expect("the current set is available");
            // SAFETY: the value `isa` exists only where the CPU has the features named at `run_avx2`.
            #[allow(unsafe_code, reason = "the only way into code compiled for an instruction set")]
            unsafe {
                run_avx2(isa, operation)
            }
        }
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon => {
            operation.eval(ArmNeonIsa::new().expect("all CPUs of this architecture have it"))
        }
        _ => operation.eval(GenericIsa::new()),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,f16c")]
fn run_avx512<O: SimdOp>(isa: Avx512Isa, operation: O) -> O::Output {
    operation.eval(isa)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn run_avx2<O: SimdOp>(isa: Avx2Isa, operation: O) -> O::Output {
    operation.eval(isa)
}

#[cfg(target_arch = "x86_64")]
impl Isa for Avx512Isa {
    #[inline(always)]
    fn call<K: Kernel<Self>>(self, kernel: K) {
        // SAFETY: the value `self` exists only where the CPU has the features named at `call_avx512`.
        #[allow(unsafe_code, reason = "the only way into code compiled for an instruction set")]
        unsafe {
            call_avx512(self, kernel);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,f16c")]
#[inline(never)]
fn call_avx512<K: Kernel<Avx512Isa>>(isa: Avx512Isa, kernel: K) {
    kernel.eval(isa);
}

#[cfg(target_arch = "x86_64")]
impl Isa for Avx2Isa {
    #[inline(always)]
    fn call<K: Kernel<Self>>(self, kernel: K) {
        // SAFETY: the value `self` exists only where the CPU has the features named at `call_avx2`.
        #[allow(unsafe_code, reason = "the only way into code compiled for an instruction set")]
        unsafe {
            call_avx2(self, kernel);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
#[inline(never)]
fn call_avx2<K: Kernel<Avx2Isa>>(isa: Avx2Isa, kernel: K) {
    kernel.eval(isa);
}

#[cfg(target_arch = "aarch64")]
impl Isa for ArmNeonIsa {
    #[inline(always)]
    fn call<K: Kernel<Self>>(self, kernel: K) {
        call_baseline(self, kernel);
    }
}

impl Isa for GenericIsa {
    #[inline(always)]
    fn call<K: Kernel<Self>>(self, kernel: K) {
        call_baseline(self, kernel);
    }
}

/// For a set that every CPU of the architecture has.
#[inline(never)]
fn call_baseline<I: Isa, K: Kernel<I>>(isa: I, kernel: K) {
    kernel.eval(isa);
}

/// Runs a plain loop compiled for the current instruction set, so that the compiler vectorizes it as widely as
/// the CPU allows. The closure and what it calls must be `#[inline(always)]`.
pub(crate) fn run_loop<F: FnOnce()>(plain: F) {
    run(PlainLoop(plain));
}

struct PlainLoop<F>(F);

impl<F: FnOnce()> SimdOp for PlainLoop<F> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) {
        (self.0)();
    }
}

/// How many numbers the vectors of the current instruction set hold.
pub(crate) fn lanes() -> usize {
    match InstructionSet::current() {
        InstructionSet::Avx512f => 16,
        InstructionSet::Avx2 => 8,
        InstructionSet::Generic | InstructionSet::Neon => run(Lanes),
    }
}

struct Lanes;

impl SimdOp for Lanes {
    type Output = usize;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> usize {
        isa.f32().len()
    }
}

/// The first numbers of `from`, which holds at least a vector.
///
/// The methods of `rten-simd` that take slices are inlined only where the compiler thinks it worth it; where it does not,
/// each costs a call.
#[inline(always)]
pub(crate) fn load<T: Elem, O: BitOps<T>>(ops: O, from: &[T]) -> O::Simd {
    assert!(from.len() >= ops.len(), "a vector is loaded from at least as many numbers");
    // SAFETY: the slice holds as many numbers as are read, by the line above.
    #[allow(unsafe_code, reason = "loads must be inlined")]
    unsafe {
        ops.load_ptr(from.as_ptr())
    }
}

/// All of `from`, with zeros behind it where it ends before the vector; and where a number comes from it.
#[inline(always)]
pub(crate) fn load_pad<O: NumOps<f32>>(ops: O, from: &[f32]) -> (O::Simd, <O::Simd as Simd>::Mask) {
    let mask = first_mask(ops, from.len());
    // SAFETY: the mask lets no more numbers be read than the slice holds.
    #[allow(unsafe_code, reason = "loads must be inlined")]
    let padded = unsafe { ops.load_ptr_mask(from.as_ptr(), mask) };
    (padded, mask)
}

/// −x, the sign of zero and of NaN too.
#[inline(always)]
pub(crate) fn neg<O: FloatOps<f32>>(ops: O, x: O::Simd) -> O::Simd {
    ops.xor(x, ops.splat(-0.0))
}

/// What is smaller than this on its way back through time is taken as [zero](without_tiny): 2⁻⁸⁰, some 10⁻²⁴.
pub(crate) const TINY: f32 = 1.0 / (1u128 << 80) as f32;

/// x with zeros in the place of numbers that are smaller than [`TINY`].
///
/// A gradient that shrinks at every step would else come to subnormal numbers, below 10⁻³⁸, with which many CPUs compute a
/// hundred times as slowly; what is lost is far from changing any sum of gradients that are not tiny themselves.
#[inline(always)]
pub(crate) fn without_tiny<O: FloatOps<f32>>(ops: O, x: O::Simd) -> O::Simd {
    // Not the other way round: NaN is not tiny.
    ops.select(ops.zero(), x, ops.lt(ops.abs(x), ops.splat(TINY)))
}

/// Writes a vector to the first numbers of `to`, which holds at least as many.
#[inline(always)]
pub(crate) fn store<O: BitOps<f32>>(ops: O, vector: O::Simd, to: &mut [f32]) {
    assert!(to.len() >= ops.len(), "a vector is stored to at least as many numbers");
    // SAFETY: the slice holds as many numbers as are written, by the line above.
    #[allow(unsafe_code, reason = "stores must be inlined")]
    unsafe {
        ops.store_ptr(vector, to.as_mut_ptr());
    }
}

/// The first numbers of `from`, with zeros where it ends.
#[inline(always)]
pub(crate) fn load_first<O: NumOps<f32>>(ops: O, from: &[f32]) -> O::Simd {
    if from.len() >= ops.len() {
        return load(ops, from);
    }
    if ops.len() == 16 {
        // The load with a mask becomes a call where the compiler believes that it runs rarely.
        let mut numbers = [0.0; 16];
        copy_pieces(from, &mut numbers[..from.len()]);
        return load(ops, &numbers);
    }
    load_pad(ops, from).0
}

/// The `len` first numbers of `from`, at most a vector; behind them whatever follows, zeros where `from` ends.
///
/// A part of a vector takes many times as long to load as a whole one.
#[inline(always)]
pub(crate) fn load_at_least<O: NumOps<f32>>(ops: O, from: &[f32], len: usize) -> O::Simd {
    if len == ops.len() { load(ops, from) } else { load_first(ops, from) }
}

/// Stores as many of the first numbers of `vector` as `to` holds.
#[inline(always)]
pub(crate) fn store_first<O: NumOps<f32>>(ops: O, vector: O::Simd, to: &mut [f32]) {
    if to.len() >= ops.len() {
        store(ops, vector, to);
    } else if ops.len() == 16 {
        // SAFETY: the mask holds for as many numbers as the slice has.
        #[allow(unsafe_code, reason = "stores must be inlined")]
        unsafe {
            ops.store_ptr_mask(vector, to.as_mut_ptr(), first_mask(ops, to.len()));
        }
    } else {
        // With AVX2 a store with a mask takes some ten times as long as one without on many CPUs.
        copy_pieces(vector.to_array().as_ref(), to);
    }
}

/// Holds for the first `len` numbers of a vector.
#[inline(always)]
fn first_mask<O: NumOps<f32>>(ops: O, len: usize) -> <O::Simd as Simd>::Mask {
    const COUNT: [f32; 16] = [0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15.];
    ops.lt(load(ops, &COUNT), ops.splat(len as f32))
}

/// Copies as many of the first numbers of `from` as `to` holds, fewer than 16: in pieces of fixed length, which are moves
/// and no call.
#[inline(always)]
fn copy_pieces(from: &[f32], to: &mut [f32]) {
    let (from, to) = copy_piece::<8>(from, to);
    let (from, to) = copy_piece::<4>(from, to);
    let (from, to) = copy_piece::<2>(from, to);
    copy_piece::<1>(from, to);
}

/// Copies N numbers if `to` has so many, and returns what follows.
#[inline(always)]
fn copy_piece<'a, 'b, const N: usize>(from: &'a [f32], to: &'b mut [f32]) -> (&'a [f32], &'b mut [f32]) {
    match (from.split_first_chunk::<N>(), to.len() >= N) {
        (Some((from, rest)), true) => {
            let (to, rest_of_to) = to.split_at_mut(N);
            to.copy_from_slice(from);
            (rest, rest_of_to)
        }
        _ => (from, to),
    }
}
