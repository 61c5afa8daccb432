// What a module in C calls in Rust without its standard library: trait objects, slices, numbers out of text, checked indices.
#![no_std]

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU32, Ordering};

trait Shape: Sync {
    fn area(&self, scale: i32) -> i32;
}

struct Square(i32);
struct Oblong(i32, i32);

impl Shape for Square {
    fn area(&self, scale: i32) -> i32 {
        self.0 * self.0 * scale
    }
}

impl Shape for Oblong {
    fn area(&self, scale: i32) -> i32 {
        self.0 * self.1 * scale
    }
}

static SHAPES: [&dyn Shape; 2] = [&Square(3), &Oblong(2, 5)];
static NAMES: [&str; 3] = ["square", "box", ""];
static CALLS: AtomicU32 = AtomicU32::new(0);
static mut TABLE: [i32; 5] = [5, 3, 9, 1, 7];

#[no_mangle]
pub extern "C" fn shapes_calls() -> u32 {
    CALLS.fetch_add(1, Ordering::Relaxed) + 1
}

#[no_mangle]
pub extern "C" fn shapes_area(scale: i32) -> i32 {
    SHAPES.iter().map(|shape| shape.area(scale)).sum()
}

#[no_mangle]
pub extern "C" fn shapes_middle(change: i32) -> i32 {
    let mut copy = unsafe {
        TABLE[0] += change;
        TABLE
    };
    copy.sort_unstable();
    copy[2]
}

#[no_mangle]
pub extern "C" fn shapes_name_length(at: usize) -> usize {
    NAMES[at].len()
}

/// # Safety
/// `text` points to `length` bytes.
#[no_mangle]
pub unsafe extern "C" fn shapes_parse(text: *const u8, length: usize) -> i64 {
    let bytes = core::slice::from_raw_parts(text, length);
    let parsed = core::str::from_utf8(bytes).map(|text| text.trim().parse::<i64>());
    match parsed {
        Ok(Ok(value)) => value / 3,
        Ok(Err(_)) => -1,
        Err(_) => -2,
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {}
}
