#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes cases/ and cases.tsv: small weights files, good and bad, and what a reader must say.

Only the standard library is used, so that the files do not depend on a version of numpy. A line of
cases.tsv is PATH, accept or reject, and then: for a good file all its tensors with their values,
for a bad one a part of the error message. Run it in this folder after changing it.
"""

import itertools
import os
import shutil
import struct
import zlib

ROWS = []


def case(path, data, verdict, expected):
    os.makedirs(os.path.join('cases', os.path.dirname(path)), exist_ok=True)
    with open(os.path.join('cases', path), 'wb') as file:
        file.write(data)
    assert '\t' not in expected and '\n' not in expected
    assert path not in [row[0] for row in ROWS], path
    ROWS.append((path, verdict, expected))


def listing(*tensors):
    """(name, dtype, shape, values) as tests/weights/cases.c prints them."""
    lines = []
    for name, dtype, shape, values in tensors:
        text = 'x'.join(str(n) for n in shape) or 'scalar'
        lines.append(f'{name} {dtype} {text}:' + ''.join(f' {v:.9g}' for v in values))
    return '; '.join(lines)


# --- .npy ------------------------------------------------------------------------------------

def npy(header, data=b'', version=(1, 0), pad=64):
    """An array file whose header is any text; as numpy does, padded so that data is aligned."""
    header = header.encode('latin-1')
    length = 2 if version[0] == 1 else 4
    if pad:
        header += b' ' * (-(8 + length + len(header) + 1) % pad) + b'\n'
    return b'\x93NUMPY' + bytes(version) + len(header).to_bytes(length, 'little') + header + data


def dictionary(descr="'<f4'", order='False', shape='(4,)'):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


FLOATS = struct.pack('<4f', 1, -2, 0.5, 3)
VALUES = (1, -2, 0.5, 3)

DTYPES = [('f2', 'e', 'float16'), ('f4', 'f', 'float32'), ('f8', 'd', 'float64'),
          ('i1', 'b', 'int8'), ('u1', 'B', 'uint8'), ('i2', 'h', 'int16'), ('u2', 'H', 'uint16'),
          ('i4', 'i', 'int32'), ('u4', 'I', 'uint32'), ('i8', 'q', 'int64'), ('u8', 'Q', 'uint64'),
          ('b1', '?', 'bool')]


def npy_good():
    def good(name, data, dtype, shape, values):
        case(f'npy/{name}.npy', data, 'accept', listing((name, dtype, shape, values)))

    for code, letter, dtype in DTYPES:
        values = (1, 0, 1, 1) if code == 'b1' else (7, 0, 1, 100) if code[0] == 'u' else \
            (7, -2, 1, -100)
        for order, byte_order in (('<', 'little'), ('>', 'big')):
            good(f'good_{byte_order}_{code}',
                 npy(dictionary(f"'{order}{code}'"), struct.pack(f'{order}4{letter}', *values)),
                 dtype, (4,), values)
    good('good_version_2', npy(dictionary(), FLOATS, (2, 0)), 'float32', (4,), VALUES)
    good('good_version_3', npy(dictionary(), FLOATS, (3, 0)), 'float32', (4,), VALUES)
    good('good_double_quotes', npy(dictionary().replace("'", '"'), FLOATS), 'float32', (4,), VALUES)
    good('good_no_last_comma', npy(dictionary().replace(', }', '}'), FLOATS), 'float32', (4,),
         VALUES)
    good('good_no_spaces', npy(dictionary().replace(' ', ''), FLOATS), 'float32', (4,), VALUES)
    good('good_many_spaces', npy('  ' + dictionary().replace(' ', ' \t '), FLOATS), 'float32',
         (4,), VALUES)
    good('good_unaligned', npy(dictionary() + '\n', FLOATS, pad=0), 'float32', (4,), VALUES)
    good('good_one_byte_order', npy(dictionary("'|i1'"), b'\x01\xff\x7f\x80'), 'int8', (4,),
         (1, -1, 127, -128))
    good('good_scalar', npy(dictionary(shape='()'), FLOATS[:4]), 'float32', (), (1,))
    good('good_rank_8', npy(dictionary(shape='(1, 2, 1, 1, 2, 1, 1, 1)'), FLOATS), 'float32',
         (1, 2, 1, 1, 2, 1, 1, 1), VALUES)
    good('good_zero', npy(dictionary(shape='(0, 4611686018427387904, 8)')), 'float32',
         (0, 4611686018427387904, 8), ())
    special = struct.pack('<8H', 0x0001, 0x03ff, 0x0400, 0x7bff, 0x8001, 0x7c00, 0xfc00, 0x8000)
    good('good_half_limits', npy(dictionary("'<f2'", shape='(8,)'), special), 'float16', (8,),
         (2.0**-24, 1023 * 2.0**-24, 2.0**-14, 65504, -2.0**-24, float('inf'), -float('inf'), -0.0))
    # Column-major: element [i][j][k] of 2x3x2 holds 100 i + 10 j + k.
    places = list(itertools.product(range(2), range(3), range(2)))
    stored = sorted(places, key=lambda p: p[::-1])
    good('good_fortran', npy(dictionary(order='True', shape='(2, 3, 2)'),
                             b''.join(struct.pack('<f', 100 * i + 10 * j + k)
                                      for i, j, k in stored)),
         'float32', (2, 3, 2), [100 * i + 10 * j + k for i, j, k in places])
    good('good_fortran_vector', npy(dictionary(order='True'), FLOATS), 'float32', (4,), VALUES)
    good('good_fortran_big', npy(dictionary("'>i2'", 'True', '(2, 2)'),
                                 struct.pack('>4h', 1, 2, 3, 4)), 'int16', (2, 2), (1, 3, 2, 4))


def npy_bad():
    def bad(name, data, fault):
        case(f'npy/{name}.npy', data, 'reject', fault)

    def bad_header(name, header, fault, data=FLOATS):
        bad(name, npy(header, data), fault)

    good = npy(dictionary(), FLOATS)
    bad('cut_in_magic', good[:4], 'has 4 bytes, too few')
    bad('cut_in_version', good[:7], 'has 7 bytes, too few')
    bad('cut_in_length', good[:9], 'header length is cut off')
    bad('cut_in_length_2', npy(dictionary(), FLOATS, (2, 0))[:10], 'header length is cut off')
    bad('cut_in_header', good[:40], 'but only 30 are left')
    bad('cut_before_data', good[:-16], '16 bytes, but 0 bytes follow')
    bad('one_byte_less', good[:-1], '16 bytes, but 15 bytes follow')
    bad('one_byte_more', good + b'\0', '16 bytes, but 17 bytes follow')
    bad('version_0', npy(dictionary(), FLOATS, (0, 0)), 'version 0.0')
    bad('version_4', npy(dictionary(), FLOATS, (4, 0)), 'version 4.0')
    bad('version_2_1', npy(dictionary(), FLOATS, (2, 1)), 'version 2.1')
    bad('magic_case', good.replace(b'NUMPY', b'numpy'), 'does not start with')
    bad('no_header', npy('', FLOATS, pad=0), 'does not end in a newline')
    bad('no_final_newline', npy(dictionary(), FLOATS, pad=0), 'does not end in a newline')
    bad('header_over_10000', npy(dictionary() + ' ' * 10000, FLOATS), 'it may have 10000')
    bad('header_one_too_long', good[:8] + struct.pack('<H', len(good) - 9) + good[10:],
        'but only 134 are left')

    for name, text in (('list', "['descr']"), ('number', '4'), ('nothing', ''),
                       ('call', "dict(descr='<f4')")):
        bad_header(f'header_{name}', text, 'not a dictionary')
    bad_header('header_unclosed', dictionary()[:-3], "without ',' or '}'")
    bad_header('header_empty', '{}', 'lacks one of the keys')
    bad_header('header_no_descr', "{'fortran_order': False, 'shape': (4,)}",
               'lacks one of the keys')
    bad_header('header_no_order', "{'descr': '<f4', 'shape': (4,)}", 'lacks one of the keys')
    bad_header('header_unknown_key', dictionary().replace(', }', ", 'x': 1}"), "unknown key 'x'")
    bad_header('header_key_case', dictionary().replace('shape', 'Shape'), "unknown key 'Shape'")
    bad_header('header_bare_key', dictionary().replace("'shape'", 'shape'), 'plain string keys')
    bad_header('header_escaped_key', dictionary().replace("'shape'", "'sh\\x61pe'"),
               'plain string keys')
    bad_header('header_double_order', dictionary().replace(', }', ", 'fortran_order': True}"),
               "key 'fortran_order' twice")
    bad_header('header_double_shape', dictionary().replace(', }', ", 'shape': (4,)}"),
               "key 'shape' twice")
    bad_header('header_no_colon', dictionary().replace("'shape':", "'shape'"), "without ':'")
    bad_header('header_no_comma', dictionary().replace("False,", 'False'), "without ','")
    bad_header('header_two_commas', dictionary().replace("False,", 'False,,'), 'plain string keys')
    bad_header('header_text_after', dictionary() + ' or 1', 'text after the dictionary')
    bad_header('header_two', dictionary() * 2, 'text after the dictionary')
    bad_header('header_comment', dictionary() + ' # note', 'text after the dictionary')
    bad_header('header_nul', dictionary() + '\0', 'text after the dictionary')
    bad_header('header_nul_inside', dictionary().replace(' ', '\0'), 'has a header')
    bad_header('header_latin', dictionary().replace('<f4', '<f\xe9'), 'not a short plain string')
    bad_header('header_open_string', "{'descr': '<f4", 'not a short plain string')

    for name, descr in (('object', '|O'), ('big_object', '>O'), ('void', '|V8'),
                        ('complex', '<c8'), ('bytes', '|S4'), ('date', '<M8[ns]'),
                        ('span', '<m8[s]'), ('long_double', '<f16'), ('odd_float', '<f3'),
                        ('native', '=f4'), ('no_order', 'f4'), ('no_order_needed', '|f4'),
                        ('empty', ''), ('only_order', '<'), ('suffix', '<f4x'), ('i16', '<i16')):
        bad_header(f'descr_{name}', dictionary(f"'{descr}'"), f"has dtype '{descr}'")
    bad_header('descr_record', dictionary("[('x', '<f4'), ('y', '<f4')]"), 'structured dtype')
    bad_header('descr_none', dictionary('None'), 'not a short plain string')
    bad_header('descr_tuple', dictionary("('<f4', (2,))"), 'not a short plain string')
    bad_header('descr_long', dictionary("'" + '<' * 300 + "'"), 'not a short plain string')
    bad_header('descr_joined', dictionary("'<' 'f4'"), "has dtype '<'")

    for name, order in (('one', '1'), ('string', "'True'"), ('lower', 'true'), ('none', 'None'),
                        ('number', '-1')):
        bad_header(f'order_{name}', dictionary(order=order), 'neither True nor False')
    bad_header('order_long', dictionary(order='Falsehood'), "without ','")

    for name, shape in (('negative', '(-4,)'), ('plus', '(+4,)'), ('float', '(4.0,)'),
                        ('python_2', '(4L,)'), ('octal', '(04,)'), ('hex', '(0x4,)'),
                        ('underscore', '(1_0,)'), ('comma_only', '(,)'),
                        ('two_commas', '(2,,2)'), ('string', "('4',)"), ('boolean', '(True,)'),
                        ('nested', '((4,),)'), ('expression', '(2*2,)'), ('open', '(4'),
                        ('two_to_63', '(9223372036854775808,)'),
                        ('two_to_64', '(18446744073709551616,)'),
                        ('20_digits', '(99999999999999999999,)')):
        bad_header(f'shape_{name}', dictionary(shape=shape), 'not a tuple of non-negative integers')
    bad_header('shape_list', dictionary(shape='[4]'), 'is not a tuple')
    bad_header('shape_parenthesised', dictionary(shape='(4)'), 'an integer, not a tuple')
    bad_header('shape_rank_9', dictionary(shape='(1, 1, 1, 1, 1, 1, 1, 1, 4)'), 'more than 8')
    bad_header('shape_wraps_to_16', dictionary(shape='(4611686018427387908, 1)'),
               'number of bytes does not fit')
    bad_header('shape_wraps_elements', dictionary(shape='(4294967296, 4294967297)'),
               'number of elements does not fit')
    bad_header('shape_zero_too_late', dictionary(shape='(4611686018427387904, 8, 0)'),
               'number of elements does not fit', b'')
    bad_header('shape_wraps_32_bits', dictionary(shape='(65536, 65536)'), '17179869184 bytes')
    bad_header('shape_zero_with_data', dictionary(shape='(0,)'), '0 bytes, but 16 bytes follow')


# --- .safetensors ----------------------------------------------------------------------------

def safetensors(header, data=b''):
    if isinstance(header, str):
        header = header.encode()
    return struct.pack('<Q', len(header)) + header + data


def entry(name='a', dtype='"F32"', shape='[4]', offsets='[0,16]'):
    return f'"{name}":{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}}}'


def safetensors_good():
    def good(name, data, *tensors):
        case(f'safetensors/{name}.safetensors', data, 'accept', listing(*tensors))

    one = ('a', 'float32', (4,), VALUES)
    good('good_trailing_space', safetensors('{' + entry() + '}  \n\t ', FLOATS), one)
    good('good_spaces', safetensors('{ "a" : { "shape" : [ 4 ] , "data_offsets" : [ 0 , 16 ] ,\n'
                                    '\t"dtype" : "F32" } }', FLOATS), one)
    good('good_empty', safetensors('{}'))
    good('good_empty_metadata', safetensors('{"__metadata__":{}}'))
    good('good_unordered', safetensors('{' + entry('z', shape='[2]', offsets='[8,16]') + ',' +
                                       entry('a', shape='[2]', offsets='[0,8]') + '}', FLOATS),
         ('z', 'float32', (2,), VALUES[2:]), ('a', 'float32', (2,), VALUES[:2]))
    good('good_scalar', safetensors('{' + entry(shape='[]', offsets='[0,4]') + '}', FLOATS[:4]),
         ('a', 'float32', (), (1,)))
    good('good_rank_8', safetensors('{' + entry(shape='[1,1,1,2,1,1,1,2]') + '}', FLOATS),
         ('a', 'float32', (1, 1, 1, 2, 1, 1, 1, 2), VALUES))
    good('good_two_empty', safetensors('{' + entry('a', shape='[0]', offsets='[0,0]') + ',' +
                                       entry('b', shape='[0,3]', offsets='[0,0]') + '}'),
         ('a', 'float32', (0,), ()), ('b', 'float32', (0, 3), ()))
    good('good_empty_between', safetensors(
        '{' + entry('a', shape='[2]', offsets='[0,8]') + ',' +
        entry('e', shape='[0]', offsets='[8,8]') + ',' +
        entry('b', shape='[2]', offsets='[8,16]') + '}', FLOATS),
        ('a', 'float32', (2,), VALUES[:2]), ('e', 'float32', (0,), ()),
        ('b', 'float32', (2,), VALUES[2:]))
    good('good_zero_first', safetensors('{' + entry(shape='[0,4611686018427387904,8]',
                                                    offsets='[0,0]') + '}'),
         ('a', 'float32', (0, 4611686018427387904, 8), ()))
    good('good_pair_name', safetensors('{' + entry('\\ud83d\\ude00') + '}', FLOATS),
         ('\U0001f600', 'float32', (4,), VALUES))
    good('good_utf8_name', safetensors('{' + entry('größe') + '}', FLOATS),
         ('größe', 'float32', (4,), VALUES))
    good('good_slash_name', safetensors('{' + entry('a\\/b\\"\\\\') + '}', FLOATS),
         ('a/b"\\', 'float32', (4,), VALUES))
    good('good_empty_name', safetensors('{' + entry('') + '}', FLOATS),
         ('', 'float32', (4,), VALUES))
    good('good_escaped_key',
         safetensors('{' + entry().replace('dtype', '\\u0064type') + '}', FLOATS), one)
    good('good_deep_metadata', safetensors('{"__metadata__":{"format":"pt","x":"{[\\"1\\"]}"},' +
                                           entry() + '}', FLOATS), one)
    bfloats = struct.pack('<4H', 0x3f80, 0xc000, 0x3f00, 0x4040)
    good('good_bf16', safetensors('{' + entry(dtype='"BF16"', offsets='[0,8]') + '}', bfloats),
         ('a', 'bfloat16', (4,), VALUES))
    for dtype, letter, name in (('U16', 'H', 'uint16'), ('I16', 'h', 'int16'),
                                ('U32', 'I', 'uint32'), ('I64', 'q', 'int64'),
                                ('U64', 'Q', 'uint64')):
        data = struct.pack(f'<4{letter}', 1, 2, 3, 200)
        good(f'good_{dtype}', safetensors('{' + entry(dtype=f'"{dtype}"',
                                                      offsets=f'[0,{len(data)}]') + '}', data),
             ('a', name, (4,), (1, 2, 3, 200)))


def safetensors_bad():
    def bad(name, data, fault):
        case(f'safetensors/{name}.safetensors', data, 'reject', fault)

    def bad_header(name, header, fault, data=FLOATS):
        bad(name, safetensors(header, data), fault)

    good = safetensors('{' + entry() + '}', FLOATS)
    bad('empty', b'', 'has 0 bytes, too few')
    bad('length_only', struct.pack('<Q', 0), "no '{' at byte 0")
    bad('length_one_over', struct.pack('<Q', len(good) - 7) + good[8:], 'safetensors header of')
    bad('length_negative', struct.pack('<q', -1) + good[8:], 'header of 18446744073709551615')
    bad('length_big_endian', struct.pack('>Q', len(good) - 24) + good[8:], 'safetensors header of')
    bad('one_byte_less', good[:-1], 'do not lie in')
    bad('one_byte_more', good + b'\0', '17 bytes of data, of which its tensors use 16')
    bad('data_without_tensors', safetensors('{}', b'PK'), '2 bytes of data, of which')

    bad_header('bom', '\ufeff{' + entry() + '}', "no '{' at byte 0")
    bad_header('string', '"a"', "no '{' at byte 0")
    bad_header('unclosed', '{' + entry(), "no ',' or '}'")
    bad_header('trailing_comma', '{' + entry() + ',}', 'no string')
    bad_header('leading_comma', '{,' + entry() + '}', 'no string')
    bad_header('two_commas', '{' + entry('a') + ',,' + entry('b') + '}', 'no string')
    bad_header('no_comma', '{' + entry('a') + entry('b') + '}', "no ',' or '}'")
    bad_header('text_after', '{' + entry() + '}x', 'text after the object')
    bad_header('two_objects', '{' + entry() + '}{}', 'text after the object')
    bad_header('comment', '{/**/' + entry() + '}', 'no string')
    bad_header('line_comment', '{' + entry() + '//\n}', "no ',' or '}'")
    bad_header('single_quotes', ('{' + entry() + '}').replace('"', "'"), 'no string')
    bad_header('bare_key', ('{' + entry() + '}').replace('"a"', 'a'), 'no string')
    bad_header('assignment', 'var a={' + entry() + '}', "no '{'")
    bad_header('no_colon', ('{' + entry() + '}').replace('"a":', '"a"'), "no ':'")
    bad_header('no_colon_inside', ('{' + entry() + '}').replace('"shape":', '"shape"'), "no ':'")
    bad_header('form_feed', '{\f' + entry() + '}', 'no string')
    bad_header('nul_inside', '{' + entry('a\0b') + '}', 'a NUL at byte')
    bad_header('nul_escaped', '{' + entry('a\\u0000b') + '}', 'an escaped NUL')
    bad_header('control_in_string', '{' + entry('a\nb') + '}', 'a control character')
    bad_header('unknown_escape', '{' + entry('a\\x41') + '}', 'an unknown escape')
    bad_header('short_escape', '{' + entry('a\\u12') + '}', 'without four digits')
    bad_header('escape_at_end', '{"a\\', 'an unknown escape')
    bad_header('high_surrogate', '{' + entry('\\ud83d') + '}', 'half of a surrogate')
    bad_header('low_surrogate', '{' + entry('\\ude00') + '}', 'half of a surrogate')
    bad_header('two_high_surrogates', '{' + entry('\\ud83d\\ud83d') + '}', 'half of a surrogate')
    bad_header('open_string', '{"a', 'a string without end')
    bad_header('overlong_utf8', b'{"\xc0\xaf":1}', 'no valid UTF-8')
    bad_header('surrogate_utf8', b'{"\xed\xa0\x80":1}', 'no valid UTF-8')
    bad_header('cut_utf8', b'{"\xe2\x82', 'no valid UTF-8')
    for name, value in (('true', 'true'), ('null', 'null'), ('nan', 'NaN'), ('minus', '-0')):
        bad_header(f'value_{name}', '{' + entry(shape=f'[{value}]') + '}', 'neither a string')
    bad_header('deep_array', '{"a":' + '[' * 1000 + ']' * 1000 + '}', 'deeper than 4 levels')
    bad_header('deep_object', '{"a":' + '{"a":' * 1000 + '1' + '}' * 1001, 'deeper than 4 levels')

    bad_header('tensor_array', '{"a":[]}', 'not described by a JSON object')
    bad_header('tensor_number', '{"a":1}', 'not described by a JSON object')
    bad_header('tensor_empty', '{"a":{}}', 'has no dtype')
    bad_header('no_shape', '{"a":{"dtype":"F32","data_offsets":[0,16]}}', 'has no shape')
    bad_header('extra_key', ('{' + entry() + '}').replace(']}}', '],"x":1}}'), 'has 4 keys')
    bad_header('double_shape', ('{' + entry() + '}').replace(']}}', '],"shape":[4]}}'),
               'has 4 keys')
    bad_header('double_escaped', ('{' + entry() + '}').replace(']}}', '],"sh\\u0061pe":[4]}}'),
               'has 4 keys')
    bad_header('double_tensor', '{' + entry() + ',' + entry() + '}', 'is there twice')
    bad_header('double_tensor_escaped', '{' + entry() + ',' + entry('\\u0061') + '}',
               'is there twice')
    bad_header('key_case', ('{' + entry() + '}').replace('dtype', 'Dtype'), 'has no dtype')
    bad_header('metadata_twice', '{"__metadata__":{},"__metadata__":{},' + entry() + '}',
               '__metadata__')
    bad_header('metadata_double_key', '{"__metadata__":{"a":"1","\\u0061":"2"},' + entry() + '}',
               '__metadata__')
    bad_header('metadata_array', '{"__metadata__":[],' + entry() + '}', '__metadata__')
    bad_header('metadata_nested', '{"__metadata__":{"a":{}},' + entry() + '}', '__metadata__')
    bad_header('metadata_string', '{"__metadata__":"pt",' + entry() + '}', '__metadata__')

    for name, dtype in (('lower', 'f32'), ('space', 'F32 '), ('empty', ''), ('f4', 'F4'),
                        ('e8m0', 'F8_E8M0'), ('f6', 'F6_E2M3'), ('complex', 'C64'),
                        ('torch', 'torch.float32')):
        bad_header(f'dtype_{name}', '{' + entry(dtype=f'"{dtype}"') + '}',
                   f'unknown dtype "{dtype}"')
    bad_header('dtype_number', '{' + entry(dtype='32') + '}', 'not a string')
    bad_header('dtype_array', '{' + entry(dtype='["F32"]') + '}', 'not a string')

    bad_header('shape_number', '{' + entry(shape='4') + '}', 'shape that is not an array')
    bad_header('shape_strings', '{' + entry(shape='["4"]') + '}', 'not an integer')
    bad_header('shape_nested', '{' + entry(shape='[[4]]') + '}', 'not an integer')
    bad_header('shape_negative', '{' + entry(shape='[-4]') + '}', 'neither a string')
    bad_header('shape_fraction', '{' + entry(shape='[4.0]') + '}', 'not a plain decimal integer')
    bad_header('shape_leading_zero', '{' + entry(shape='[04]') + '}', 'not a plain decimal integer')
    bad_header('shape_hex', '{' + entry(shape='[0x4]') + '}', "no ',' or ']'")
    bad_header('shape_two_to_63', '{' + entry(shape='[9223372036854775808]') + '}', '2^63 or more')
    bad_header('shape_two_to_64', '{' + entry(shape='[18446744073709551620]') + '}', '2^63 or more')
    bad_header('shape_rank_9', '{' + entry(shape='[1,1,1,1,1,1,1,1,4]') + '}', 'with 9 values')
    bad_header('shape_wraps_to_16', '{' + entry(shape='[4611686018427387908]') + '}',
               'number of bytes does not fit')
    bad_header('shape_wraps_elements', '{' + entry(shape='[4294967296,4294967297]') + '}',
               'number of elements does not fit')
    bad_header('shape_zero_too_late', '{' + entry(shape='[4611686018427387904,8,0]',
                                                  offsets='[0,0]') + '}', 'does not fit', b'')
    bad_header('shape_smaller', '{' + entry(shape='[3]') + '}', '12 bytes, but its data_offsets')
    bad_header('shape_trailing_comma', '{' + entry(shape='[4,]') + '}', 'neither a string')

    bad_header('offsets_one', '{' + entry(offsets='[16]') + '}', 'with 1 values; it must have 2')
    bad_header('offsets_object', '{' + entry(offsets='{"0":16}') + '}', 'not an array')
    bad_header('offsets_strings', '{' + entry(offsets='["0","16"]') + '}', 'not an integer')
    bad_header('offsets_past_end', '{' + entry(offsets='[16,32]') + '}', 'do not lie in')
    bad_header('offsets_huge',
               '{' + entry(offsets='[9223372036854775791,9223372036854775807]') + '}',
               'do not lie in')
    bad_header('hole_between', '{' + entry('a', shape='[1]', offsets='[0,4]') + ',' +
               entry('b', shape='[2]', offsets='[8,16]') + '}', 'tensor "b" starts at byte 8')
    bad_header('overlap_whole', '{' + entry('a') + ',' + entry('b') + '}', 'starts at byte 0')
    bad_header('overlap_inside', '{' + entry('a') + ',' +
               entry('b', shape='[1]', offsets='[4,8]') + '}', 'tensor "b" starts at byte 4')
    bad_header('empty_inside', '{' + entry('a') + ',' +
               entry('e', shape='[0]', offsets='[8,8]') + '}', 'tensor "e" starts at byte 8')
    bad_header('empty_after_hole', '{' + entry('a', shape='[3]', offsets='[0,12]') + ',' +
               entry('e', shape='[0]', offsets='[16,16]') + '}', 'tensor "e" starts at byte 16')
    bad_header('name_long', '{"' + 'long' * 1000 + '":{}}', 'long..." has no dtype')
    bad_header('terminal_escape', '{"\\u001b[31m\\u009b":{}}',
               'tensor "\\u001b[31m\\u009b" has no dtype')


# --- .npz ------------------------------------------------------------------------------------

class Member:
    """A member of a zip archive, of which every field can be made wrong."""

    def __init__(self, name, content, deflated=False, **wrong):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.content = content
        self.method = 8 if deflated else 0
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.data = packer.compress(content) + packer.flush() if deflated else content
        self.crc = zlib.crc32(content)
        self.csize = len(self.data)
        self.size = len(content)
        self.flags = 0
        self.extra = self.central_extra = self.comment = self.descriptor = b''
        self.offset = None
        self.disk = 0
        self.local_name = self.name
        for key, value in wrong.items():
            setattr(self, key, value)

    def local(self):
        later = self.flags & 8
        crc, csize, size = (0, 0, 0) if later else (
            getattr(self, 'local_crc', self.crc), getattr(self, 'local_csize', self.csize),
            getattr(self, 'local_size', self.size))
        return struct.pack('<4sHHHHHIIIHH', b'PK\3\4', 20, getattr(self, 'local_flags', self.flags),
                           getattr(self, 'local_method', self.method), 0, 33, crc, csize, size,
                           len(self.local_name), len(self.extra)) \
            + self.local_name + self.extra + self.data + self.descriptor

    def central(self, offset):
        return struct.pack('<4sHHHHHHIIIHHHHHII', b'PK\1\2', 20, 20, self.flags, self.method, 0, 33,
                           self.crc, getattr(self, 'central_csize', self.csize),
                           getattr(self, 'central_size', self.size),
                           getattr(self, 'name_length', len(self.name)),
                           len(self.central_extra), len(self.comment), self.disk, 0, 0,
                           offset if self.offset is None else self.offset) \
            + self.name + self.central_extra + self.comment


def npz(*members, prefix=b'', gap=b'', end=None, comment=b'', zip64=None, **wrong):
    """An archive; `end` replaces fields of the end record, `zip64` adds a zip64 end record."""
    body, central = prefix, b''
    for member in members:
        central += member.central(len(body))
        body += member.local()
    body += gap
    fields = dict(disk=0, central_disk=0, here=len(members), total=len(members), size=len(central),
                  offset=len(body), comment=len(comment))
    tail = b''
    if zip64 is not None:
        wide = dict(size=44, disk=0, central_disk=0, here=len(members), total=len(members),
                    central_size=len(central), offset=len(body), at=len(body) + len(central),
                    disks=1)
        wide.update(zip64)
        tail = struct.pack('<4sQHHIIQQQQ', b'PK\6\6', wide['size'], 45, 45, wide['disk'],
                           wide['central_disk'], wide['here'], wide['total'],
                           wide['central_size'], wide['offset'])
        tail += struct.pack('<4sIQI', b'PK\6\7', 0, wide['at'], wide['disks'])
        fields.update(here=0xffff, total=0xffff, size=0xffffffff, offset=0xffffffff)
    fields.update(end or {})
    return body + central + tail + struct.pack(
        '<4sHHHHIIH', b'PK\5\6', fields['disk'], fields['central_disk'], fields['here'],
        fields['total'], fields['size'], fields['offset'], fields['comment']) + comment


ARRAY = npy(dictionary(), FLOATS, pad=16)
ONE = ('a', 'float32', (4,), VALUES)
WIDE = 0xffffffff


def zip64_extra(*values):
    return struct.pack(f'<HH{len(values)}Q', 1, 8 * len(values), *values)


def npz_good():
    def good(name, data, *tensors):
        case(f'npz/{name}.npz', data, 'accept', listing(*tensors))

    good('good_stored', npz(Member('a.npy', ARRAY)), ONE)
    good('good_deflated', npz(Member('a.npy', ARRAY, True)), ONE)
    good('good_mixed', npz(Member('a.npy', ARRAY), Member('b.npy', ARRAY, True),
                           Member('c.npy', ARRAY, True), Member('d.npy', ARRAY)),
         ONE, ('b', *ONE[1:]), ('c', *ONE[1:]), ('d', *ONE[1:]))
    wide = dict(local_csize=WIDE, local_size=WIDE, extra=zip64_extra(len(ARRAY), len(ARRAY)))
    good('good_zip64_local', npz(Member('a.npy', ARRAY, **wide)), ONE)
    good('good_zip64_everywhere', npz(
        Member('a.npy', ARRAY, offset=WIDE, central_csize=WIDE, central_size=WIDE,
               central_extra=zip64_extra(len(ARRAY), len(ARRAY), 0), **wide), zip64={}), ONE)
    good('good_zip64_end', npz(Member('a.npy', ARRAY, True), zip64={}), ONE)
    good('good_comment', npz(Member('a.npy', ARRAY), comment=b'saved by hand'), ONE)
    good('good_member_comment', npz(Member('a.npy', ARRAY, comment=b'hand')), ONE)
    good('good_other_extra',
         npz(Member('a.npy', ARRAY, extra=struct.pack('<HHI', 0x5455, 4, 1))), ONE)
    good('good_utf8_name', npz(Member('größe.npy', ARRAY, flags=0x800)), ('größe', *ONE[1:]))
    good('good_folder_name', npz(Member('../net/a.npy', ARRAY)), ('../net/a', *ONE[1:]))
    good('good_torch_name', npz(Member('features.0.weight.npy', ARRAY)),
         ('features.0.weight', *ONE[1:]))
    deflated = Member('a.npy', ARRAY, True)
    sizes = struct.pack('<III', deflated.crc, deflated.csize, deflated.size)
    good('good_descriptor', npz(Member('a.npy', ARRAY, True, flags=8,
                                       descriptor=b'PK\7\x08' + sizes),
                                Member('b.npy', ARRAY)), ONE, ('b', *ONE[1:]))
    good('good_empty_tensor', npz(Member('a.npy', npy(dictionary(shape='(0,)')), True)),
         ('a', 'float32', (0,), ()))


def npz_bad():
    def bad(name, data, fault):
        case(f'npz/{name}.npz', data, 'reject', fault)

    good = npz(Member('a.npy', ARRAY))
    bad('empty', b'', 'is no .npz file')
    bad('end_cut', good[:-1], 'is no .npz file')
    bad('end_only_signature', b'PK\5\6', 'is no .npz file')
    bad('byte_after_end', good + b'\0', 'is no .npz file')
    bad('npy_named_npz', ARRAY, 'is no .npz file')
    bad('comment_too_short', npz(Member('a.npy', ARRAY), end={'comment': 5}), 'is no .npz file')
    bad('bytes_before', npz(Member('a.npy', ARRAY), prefix=b'#!/bin/sh\n'),
        'begins at 10, but what lies before ends at 0')
    bad('bytes_between', npz(Member('a.npy', ARRAY, descriptor=b'hole'), Member('b.npy', ARRAY)),
        'tensor "b.npy" begins at')
    bad('bytes_before_directory', npz(Member('a.npy', ARRAY), gap=b'hole'), 'has its zip directory')
    bad('directory_size_plus_1', npz(Member('a.npy', ARRAY), end={'size': 52}), 'does not end at')
    bad('directory_size_minus_1', npz(Member('a.npy', ARRAY), end={'size': 50}), 'does not end at')
    bad('directory_at_0', npz(Member('a.npy', ARRAY), end={'offset': 0}), 'does not end at')
    bad('directory_at_end', npz(end={'offset': 22}), 'does not end at')
    bad('one_member_more', npz(Member('a.npy', ARRAY), end={'here': 2, 'total': 2}),
        'has 2 members in a zip directory of only')
    bad('members_65534', npz(Member('a.npy', ARRAY), end={'here': 65534, 'total': 65534}),
        'has 65534 members')
    bad('one_member_less', npz(Member('a.npy', ARRAY), Member('b.npy', ARRAY),
                               end={'here': 1, 'total': 1}), 'bytes after the last zip directory')
    bad('no_member_counted', npz(Member('a.npy', ARRAY), end={'here': 0, 'total': 0}),
        'bytes after the last zip directory')
    bad('disks_differ', npz(Member('a.npy', ARRAY), end={'here': 0}), 'in several parts')
    bad('disk_1', npz(Member('a.npy', ARRAY), end={'disk': 1}), 'in several parts')
    bad('member_disk_1', npz(Member('a.npy', ARRAY, disk=1)), 'another part of the archive')
    bad('central_signature', good.replace(b'PK\1\2', b'PK\1\3'), 'no zip directory entry')
    bad('local_signature', b'PK\3\5' + good[4:], 'no local header at 0')

    bad('zip64_missing', npz(Member('a.npy', ARRAY), end={'offset': WIDE}), 'no zip64 locator')
    bad('zip64_no_room', npz(end={'offset': WIDE}), 'lies outside the file')
    for name, wrong, fault in (
            ('at', {'at': 0}, 'no zip64 locator'), ('disks', {'disks': 2}, 'no zip64 locator'),
            ('size', {'size': 45}, 'damaged zip64'), ('disk', {'disk': 1}, 'damaged zip64'),
            ('counts', {'here': 2}, 'damaged zip64'),
            ('huge_count', {'here': 2**62, 'total': 2**62}, 'has 4611686018427387904 members'),
            ('huge_size', {'central_size': 2**64 - 1}, 'does not end at'),
            ('huge_offset', {'offset': 2**64 - 51}, 'does not end at')):
        bad(f'zip64_{name}', npz(Member('a.npy', ARRAY), zip64=wrong), fault)
    bad('zip64_extra_missing', npz(Member('a.npy', ARRAY, central_size=WIDE)),
        'damaged extra fields in the directory')
    bad('zip64_extra_short', npz(Member('a.npy', ARRAY, central_size=WIDE, central_csize=WIDE,
                                        central_extra=zip64_extra(144))),
        'damaged extra fields in the directory')
    bad('zip64_extra_local_missing', npz(Member('a.npy', ARRAY, local_size=WIDE,
                                                local_csize=WIDE)),
        'damaged extra fields in its local header')
    bad('zip64_extra_twice', npz(Member('a.npy', ARRAY, extra=zip64_extra(1) * 2)),
        'damaged extra fields in its local header')
    bad('zip64_extra_other_size', npz(Member('a.npy', ARRAY, local_size=WIDE, local_csize=WIDE,
                                             extra=zip64_extra(1, 1))),
        'another size or CRC')
    bad('zip64_huge_member', npz(Member('a.npy', ARRAY, central_size=WIDE, central_csize=WIDE,
                                        central_extra=zip64_extra(2**62, 2**62), local_size=WIDE,
                                        local_csize=WIDE, extra=zip64_extra(2**62, 2**62))),
        'bytes, but only')
    bad('zip64_huge_member_offset', npz(Member('a.npy', ARRAY, offset=WIDE,
                                        central_extra=zip64_extra(2**64 - 30))),
        'has its local header at 18446744073709551586')
    bad('extra_cut', npz(Member('a.npy', ARRAY, extra=b'\1\0')), 'damaged extra fields')
    bad('extra_too_long', npz(Member('a.npy', ARRAY, central_extra=b'\x55\x54\xff\0')),
        'damaged extra fields')

    bad('encrypted', npz(Member('a.npy', ARRAY, flags=1)), 'is encrypted')
    bad('strong_encryption', npz(Member('a.npy', ARRAY, flags=0x40)), 'zip flags 0x40')
    bad('masked_headers', npz(Member('a.npy', ARRAY, flags=0x2000)), 'zip flags 0x2000')
    for method in (1, 9, 12, 14, 93, 95):
        bad(f'method_{method}', npz(Member('a.npy', ARRAY, method=method)), f'method {method}')
    bad('stored_sizes_differ', npz(Member('a.npy', ARRAY, size=len(ARRAY) - 1)), 'is stored, but')
    bad('local_method_differs', npz(Member('a.npy', ARRAY, local_method=8)), 'another method')
    bad('local_flags_differ', npz(Member('a.npy', ARRAY, local_flags=0x800)), 'other flags')
    bad('local_name_differs', npz(Member('a.npy', ARRAY, local_name=b'b.npy')), 'another name')
    bad('local_name_longer', npz(Member('a.npy', ARRAY, local_name=b'a.npyy')), 'another name')
    bad('local_crc_differs', npz(Member('a.npy', ARRAY, local_crc=1)), 'another size or CRC')
    bad('local_header_past_directory', npz(Member('a.npy', ARRAY, offset=2**31)),
        'has its local header at 2147483648')
    bad('local_header_in_directory', npz(Member('a.npy', ARRAY, offset=170)),
        'has its local header at 170')
    shared = Member('a.npy', ARRAY)
    bad('shared_data', npz(shared, Member('a.npy', ARRAY, offset=0)),
        'begins at 0, but what lies before')
    bad('nested_member', npz(Member('a.npy', Member('b.npy', ARRAY).local()),
                             Member('b.npy', ARRAY, offset=35)), 'begins at 35, but what lies')
    bad('name_longer_than_entry', npz(Member('a.npy', ARRAY, name_length=6)), 'longer than')
    bad('name_latin', npz(Member(b'gr\xf6\xdfe.npy', ARRAY)), 'neither ASCII nor marked')
    bad('name_bad_utf8', npz(Member(b'gr\xf6.npy', ARRAY, flags=0x800)), 'not UTF-8')
    bad('name_nul', npz(Member(b'a\0b.npy', ARRAY)), 'has a NUL')
    bad('name_twice', npz(Member('a.npy', ARRAY), Member('a.npy', ARRAY, True)), 'is there twice')
    bad('name_without_npy', npz(Member('a.txt', ARRAY)), 'is no .npy file')
    bad('folder', npz(Member('net/', b'')), 'is no .npy file')
    bad('torch_save', npz(Member('net/data.pkl', b'\x80\2}.'), Member('net/data/0', FLOATS)),
        'is a Python pickle')

    bad('crc_wrong', npz(Member('a.npy', ARRAY, crc=1)), 'cannot be read from the archive')
    bad('crc_wrong_deflated', npz(Member('a.npy', ARRAY, True, crc=1)),
        'cannot be read from the archive')
    deflated = Member('a.npy', ARRAY, True)
    bad('deflate_cut', npz(Member('a.npy', ARRAY, True, data=deflated.data[:-4],
                                  csize=deflated.csize - 4)), 'cannot be read from the archive')
    bad('deflate_garbage', npz(Member('a.npy', ARRAY, True, data=b'\xff' * 60, csize=60)),
        'cannot be read from the archive')
    bad('deflate_rest', npz(Member('a.npy', ARRAY, True, data=deflated.data + b'rest',
                                   csize=deflated.csize + 4)), 'cannot be read from the archive')
    bad('deflate_shorter', npz(Member('a.npy', ARRAY, True, size=len(ARRAY) + 1)),
        'cannot be read from the archive')
    bad('deflate_longer', npz(Member('a.npy', ARRAY, True, size=len(ARRAY) - 1)),
        'cannot be read from the archive')
    bad('deflate_ratio', npz(Member('a.npy', ARRAY, True, size=2**31)), 'deflated bytes can hold')
    bad('descriptor_wrong', npz(Member('a.npy', ARRAY, True, flags=8, descriptor=b'PK\7\x08' +
                                       struct.pack('<III', 1, 2, 3))), 'has its zip directory')

    bad('array_cut', npz(Member('a.npy', ARRAY[:-1])), 'but 15 bytes follow')
    bad('array_object', npz(Member('a.npy', npy(dictionary("'|O'"), FLOATS))), "has dtype '|O'")
    bad('array_bigger_shape', npz(Member('a.npy', npy(dictionary(shape='(9,)'), FLOATS)),
                                  Member('b.npy', ARRAY)), '36 bytes, but 16 bytes follow')
    bad('array_in_second', npz(Member('a.npy', ARRAY), Member('b.npy', b'no array')),
        'tensor "b" is not in the .npy format')
    bad('array_nothing_deflated', npz(Member('a.npy', b'', True)),
        'tensor "a" has 0 bytes, too few')


shutil.rmtree('cases', ignore_errors=True)
for write in (npy_good, npy_bad, safetensors_good, safetensors_bad, npz_good, npz_bad):
    write()
with open('cases.tsv', 'w', encoding='utf-8') as table:
    table.writelines('\t'.join(row) + '\n' for row in ROWS)
print(len(ROWS), 'files')
