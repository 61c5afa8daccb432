// What Zig makes of its own: slices, also empty ones, tagged unions, tables of functions, generic code of its library. Each
// check is one bit of what mpy_init returns.

const std = @import("std");

const Shape = union(enum) {
    square: i32,
    box: struct { width: i32, height: i32 },

    fn area(self: Shape) i32 {
        return switch (self) {
            .square => |side| side * side,
            .box => |box| box.width * box.height,
        };
    }
};

const Animal = struct {
    legs: u8,
    name: []const u8,
    step: *const fn (u32) u32,
};

fn hop(at: u32) u32 {
    return at + 2;
}

fn walk(at: u32) u32 {
    return at + 1;
}

const animals = [_]Animal{
    .{ .legs = 2, .name = "bird", .step = &hop },
    .{ .legs = 4, .name = "horse", .step = &walk },
    .{ .legs = 0, .name = "", .step = &walk },
};

var calls: u32 = 0;
var table = [_]i32{ 30, -10, 20, 0 };
var last: *const Animal = &animals[1];
var shapes = [_]Shape{ .{ .square = 3 }, .{ .box = .{ .width = 2, .height = 5 } } };
const nothing: []const i32 = &.{};
var chosen: []const i32 = nothing;

/// The optimiser must not know what goes in.
fn unknown(comptime T: type, value: T) T {
    var hidden = value;
    return @as(*volatile T, &hidden).*;
}

fn count() u32 {
    calls += 1;
    return calls;
}

fn sorts() bool {
    table[0] += @as(i32, @intCast(count())) - 1;
    var copy = table;
    std.sort.insertion(i32, &copy, {}, std.sort.asc(i32));
    return std.mem.eql(i32, &copy, &.{ -10, 0, 20, 30 });
}

fn walks() bool {
    var at: usize = 0;
    for (&animals) |*animal| {
        at = animal.step(@intCast(at)) * 3 + animal.name.len;
        last = animal;
    }
    return at == 117 and last.legs == 0;
}

fn measures() bool {
    var sum: i32 = 0;
    for (shapes) |shape| sum += shape.area();
    shapes[unknown(usize, 0)] = .{ .square = 4 };
    return sum == 19 and shapes[0].area() == 16;
}

fn formats() bool {
    var buffer: [32]u8 = undefined;
    const text = std.fmt.bufPrint(&buffer, "{s}-{d:0>4}", .{ animals[unknown(usize, 0)].name, unknown(u32, 42) }) catch return false;
    return std.mem.eql(u8, text, "bird-0042");
}

fn fails() bool {
    const wrong = std.fmt.parseInt(i16, animals[unknown(usize, 1)].name, 10);
    const right = std.fmt.parseInt(i16, "-123", 10) catch 0;
    return right == -123 and wrong == error.InvalidCharacter;
}

fn divides() bool {
    const value = unknown(i64, -1_000_000_000_007);
    return @divFloor(value, unknown(i64, 10)) == -100_000_000_001 and @rem(value, unknown(i64, 1000)) == -7;
}

fn floats() bool {
    const third = unknown(f64, 1) / unknown(f64, 3);
    const half = unknown(f32, 1) / unknown(f32, 2);
    return @as(i64, @intFromFloat(third * 3e9)) == 1_000_000_000 and half + half == 1;
}

fn empties() bool {
    var sum: i32 = 0;
    for (chosen) |value| sum += value;
    chosen = table[unknown(usize, 1)..3];
    for (chosen) |value| sum += value;
    return sum == 10 and chosen.len == 2;
}

export fn mpy_init() usize {
    const checks = [_]*const fn () bool{ &sorts, &walks, &measures, &formats, &fails, &divides, &floats, &empties };
    var passed: usize = 0;
    for (checks, 0..) |check, bit| {
        if (check()) passed |= @as(usize, 1) << @intCast(bit);
    }
    return passed;
}

pub fn panic(_: []const u8, _: ?*std.builtin.StackTrace, _: ?usize) noreturn {
    while (true) {}
}
