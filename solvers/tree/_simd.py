"""One explicit vector kernel: a dense strip of 8 rows times a column vector, accumulated in registers.

Numba's loop vectoriser cannot keep eight running sums in vector registers when they end in memory that may alias, and
its straight-line vectoriser is off; so this inner product is written as LLVM vectors, which every processor's back end
splits to what it has.
"""

from __future__ import annotations

import llvmlite.ir as ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

WIDTH = 8


def add_strip(values, at, plan, column, count, out, row):
    """out[row + i] += Σ_j values[at + 8 j + i] · plan[column + j] for i < 8 and j < count; float64 vectors."""
    for j in range(count):
        for i in range(WIDTH):
            out[row + i] += values[at + WIDTH * j + i] * plan[column + j]


@intrinsic
def _add_strip(typing_context, values, at, plan, column, count, out, row):
    signature = types.void(values, at, plan, column, count, out, row)

    def code(context, builder, sig, args):
        vector = ir.VectorType(ir.DoubleType(), WIDTH)
        i64 = ir.IntType(64)

        def address(k, offset):
            array = context.make_array(sig.args[k])(context, builder, args[k])
            return builder.gep(array.data, [offset])

        block, y, out_at = address(0, args[1]), address(2, args[3]), address(5, args[6])
        zero = ir.Constant(vector, [0.0] * WIDTH)
        even, odd = cgutils.alloca_once_value(builder, zero), cgutils.alloca_once_value(builder, zero)
        fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{WIDTH}f64"
        )
        mask = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)

        def add_column(j, total):
            scale = builder.load(builder.gep(y, [j]))
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), scale, ir.Constant(ir.IntType(32), 0))
            spread = builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), mask)
            cell = builder.gep(block, [builder.mul(j, ir.Constant(i64, WIDTH))])
            cells = builder.load(builder.bitcast(cell, vector.as_pointer()))
            cells.align = 8
            builder.store(builder.call(fma, [cells, spread, builder.load(total)]), total)

        one = ir.Constant(i64, 1)
        with cgutils.for_range(builder, builder.lshr(args[4], one), intp=i64) as loop:
            j = builder.shl(loop.index, one)
            add_column(j, even)
            add_column(builder.add(j, one), odd)
        with builder.if_then(builder.trunc(args[4], ir.IntType(1))):
            add_column(builder.sub(args[4], one), even)
        total = builder.fadd(builder.load(even), builder.load(odd))
        place = builder.bitcast(out_at, vector.as_pointer())
        before = builder.load(place)
        before.align = 8
        builder.store(builder.fadd(before, total), place).align = 8
        return context.get_dummy_value()

    return signature, code


@overload(add_strip)
def _compiled_add_strip(values, at, plan, column, count, out, row):
    def implementation(values, at, plan, column, count, out, row):
        _add_strip(values, at, plan, column, count, out, row)

    return implementation
