/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a layer does to shapes: a rule for rows, one for columns, one for channels. Each answers three questions:
 * what comes out of an input, which inputs lead to an output, and why an input is refused. Pure functions of
 * values; a rule is small and copied as it is. */
#ifndef CNN_SHAPE_RULES_H
#define CNN_SHAPE_RULES_H

#include "cnn/geometry.h"

CNN_BEGIN_DECLARATIONS

/* "first:end:step" as in Python: negative positions count from the end, and what lies outside is not there. */
typedef struct {
  int first,
      end;  /* CNN_SLICE_OPEN: from the beginning, or to the end, in the direction of the step */
  int step; /* not 0; negative: backwards */
} CnnSlice;

#define CNN_SLICE_OPEN INT32_MIN

/* The selected positions of an axis: `count` of them from `start` on, `step` apart; 0 for none. */
typedef struct {
  int start, count, step;
} CnnSliceRange;

CNN_API CnnSliceRange cnn_slice_range (const CnnSlice *slice, int size);

typedef enum {
  CNN_RULE_WINDOW,     /* a sliding window, and what CnnSizeRule knows besides */
  CNN_RULE_TRANSPOSED, /* torch.nn.ConvTranspose2d */
  CNN_RULE_SLICE,
  CNN_RULE_PAD,
  CNN_RULE_RESIZE,
  CNN_RULE_BROADCAST, /* against another input */
} CnnAxisRuleKind;

/* out = (in - 1) * stride - padding_before - padding_after + dilation * (kernel - 1) + output_padding + 1 */
typedef struct {
  int kernel, stride, dilation;      /* in [1, CNN_MAX_EXTENT] */
  int padding_before, padding_after; /* in [0, CNN_MAX_EXTENT] */
  int output_padding;                /* in [0, CNN_MAX_EXTENT] */
} CnnTransposedAxis;

/* Samples added, or taken away where negative; each in [-CNN_MAX_EXTENT, CNN_MAX_EXTENT]. */
typedef struct {
  int before, after;
  CnnPaddingMode mode;
} CnnPadAxis;

/* out = size, or floor (in * factor) when that is 0; at least 1 of each. */
typedef struct {
  int size;
  double factor; /* above 0, at most CNN_MAX_EXTENT */
} CnnResizeAxis;

typedef struct {
  CnnAxisRuleKind kind;
  union {
    CnnAxis window;
    CnnTransposedAxis transposed;
    CnnSlice slice;
    CnnPadAxis pad;
    CnnResizeAxis resize;
    int other; /* BROADCAST: the size of the other input; 1 fits all */
  };
} CnnAxisRule;

/* The rule that keeps a size. */
CNN_API CnnAxisRule cnn_axis_rule_keep (void);
CNN_API CnnAxisRule cnn_axis_rule_window (const CnnAxis *window);

/* The output size for an input size >= 1, or 0 when it is refused. */
CNN_API int cnn_axis_rule_output (const CnnAxisRule *rule, int input);
/* The smallest interval around the output sizes of all inputs within the range. */
CNN_API CnnRange cnn_axis_rule_output_range (const CnnAxisRule *rule, CnnRange input);
/* All input sizes that lead to an output within the range: exactly, where more input never means less output,
 * and else (slices between one position from the front and one from the back, broadcasts) the smallest
 * interval around them. */
CNN_API CnnRange cnn_axis_rule_input_range (const CnnAxisRule *rule, CnnRange output);
/* What an output sees of the first input of a chain, after this rule. */
CNN_API CnnReceptiveAxis cnn_axis_rule_extend (
    const CnnAxisRule *rule, CnnReceptiveAxis field, int input);

typedef enum {
  CNN_CHANNELS_EACH, /* any number, `multiplier` for each */
  CNN_CHANNELS_GROUPED, /* a multiple of `groups`; `outputs`, or when that is 0 `multiplier` for each */
  CNN_CHANNELS_WEIGHTS, /* what weights of outputs x inputs take: inputs * groups */
  CNN_CHANNELS_BLOCKS,  /* `block` channels become one: pixel-shuffle */
  CNN_CHANNELS_SLICE,
  CNN_CHANNELS_FREE, /* any number comes in; other inputs have a say in what goes out */
} CnnChannelRuleKind;

typedef struct {
  CnnChannelRuleKind kind;
  union {
    struct {
      int multiplier; /* EACH and GROUPED */
      int groups;     /* GROUPED */
      int outputs;
    } each;
    struct {
      int inputs;   /* of each group */
      int computed; /* output channels before the activation: the groups divide them */
      int groups;   /* 0: any that divides them */
      int outputs;
    } weights;
    int block;
    CnnSlice slice;
  };
} CnnChannelRule;

CNN_API CnnChannelRule cnn_channel_rule_keep (void);

/* FALSE with a sentence when so many channels do not come in, or far too many would go out. */
CNN_API bool
cnn_channel_rule_output (const CnnChannelRule *rule, int input, int *output, CnnError *error);
CNN_API CnnRange cnn_channel_rule_output_range (const CnnChannelRule *rule, CnnRange input);

/* At most so many ranges of inputs has any rule: one a divisor of an int. */
#define CNN_MAX_CHANNEL_RANGES 1600

/* The ranges of input channels that lead to an output within the range, most wanted first; their number. */
CNN_API int cnn_channel_rule_input_ranges (
    const CnnChannelRule *rule, CnnRange output, CnnRange inputs[CNN_MAX_CHANNEL_RANGES]);

typedef struct {
  CnnAxisRule rows, columns;
  CnnChannelRule channels;
} CnnShapeRule;

/* Leaves shapes as they are. */
CNN_API CnnShapeRule cnn_shape_rule_keep (void);
/* Rows and columns through one window, channels as they are. */
CNN_API CnnShapeRule cnn_shape_rule_window (const CnnWindow *window);

/* The output shape; batches stay. On refusal false and a sentence with the numbers. */
CNN_API bool
cnn_shape_rule_output (const CnnShapeRule *rule, CnnShape input, CnnShape *output, CnnError *error);
CNN_API CnnReceptiveField cnn_shape_rule_extend (
    const CnnReceptiveField *field, const CnnShapeRule *rule, CnnShape input);

CNN_END_DECLARATIONS

#endif
