/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/rows.h"

#include <stdlib.h>

Rows
rows_new (size_t inputs, size_t outputs, CheckGuard guard, bool edges)
{
  Rows rows = {
      .in = check_guarded_floats (inputs, guard),
      .out = check_guarded_floats (outputs, guard),
      .inputs = inputs,
      .outputs = outputs,
  };
  if (edges)
    check_fill_edges (rows.in, inputs);
  rows.expected = check_copy (rows.out, outputs * sizeof (float));
  return rows;
}

void
rows_finish (Rows *rows, double tolerance)
{
  check_floats (rows->out, rows->expected, rows->outputs, tolerance, 0, "output");
  check_guarded_free (rows->in);
  check_guarded_free (rows->out);
  free (rows->expected);
}
