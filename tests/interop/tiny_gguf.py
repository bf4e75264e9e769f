"""Makes a language model that runs anywhere and knows nothing: one llama block of random weights, a vocabulary of bytes,
letters and a few words. What it writes is noise; the server around it is what is tried.

tiny_gguf.py FILE
"""

import sys

import gguf
import numpy

WIDTH, HEADS, INNER, CONTEXT = 32, 2, 64, 65536
WORDS = "the a of and to in is that copy must keep notice text says found no yes document W0 S1 fact".split()
# A token that the model is to say seldom, and one that it is to say often; the rest stands between.
SELDOM, OFTEN = -8.0, 2.5
UNKNOWN, BEGIN, END = 0, 1, 2


def vocabulary():
    Type = gguf.TokenType
    yield "<unk>", Type.UNKNOWN, SELDOM
    yield "<s>", Type.CONTROL, SELDOM
    yield "</s>", Type.CONTROL, OFTEN
    # Bytes make any request readable; said alone they are seldom text.
    for byte in range(256):
        yield f"<0x{byte:02X}>", Type.BYTE, 0.0 if byte == ord("\n") else SELDOM
    for letter in map(chr, range(ord("!"), ord("~") + 1)):
        yield letter, Type.NORMAL, 0.0
    for word in WORDS:
        yield "\u2581" + word, Type.NORMAL, OFTEN


def main(path):
    random = numpy.random.default_rng(7)
    tokens, kinds, leaning = zip(*vocabulary())

    def weights(*shape):
        return random.normal(0, 0.1, shape).astype(numpy.float32)

    # The first dimension is the same for every token, and the output leans on it.
    embedding = weights(len(tokens), WIDTH)
    embedding[:, 0] = 4
    output = weights(len(tokens), WIDTH)
    output[:, 0] = numpy.array(leaning) / WIDTH**0.5

    file = gguf.GGUFWriter(path, "llama")
    file.add_name("tiny random llama")
    file.add_context_length(CONTEXT)
    file.add_embedding_length(WIDTH)
    file.add_block_count(1)
    file.add_feed_forward_length(INNER)
    file.add_head_count(HEADS)
    file.add_head_count_kv(HEADS)
    file.add_rope_dimension_count(WIDTH // HEADS)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_vocab_size(len(tokens))
    file.add_tokenizer_model("llama")
    file.add_token_list(tokens)
    file.add_token_types(kinds)
    file.add_token_scores([-float(rank) for rank in range(len(tokens))])
    file.add_unk_token_id(UNKNOWN)
    file.add_bos_token_id(BEGIN)
    file.add_eos_token_id(END)

    one = numpy.ones(WIDTH, dtype=numpy.float32)
    file.add_tensor("token_embd.weight", embedding)
    file.add_tensor("blk.0.attn_norm.weight", one)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        file.add_tensor(f"blk.0.{name}.weight", weights(WIDTH, WIDTH))
    file.add_tensor("blk.0.ffn_norm.weight", one)
    file.add_tensor("blk.0.ffn_gate.weight", weights(INNER, WIDTH))
    file.add_tensor("blk.0.ffn_up.weight", weights(INNER, WIDTH))
    file.add_tensor("blk.0.ffn_down.weight", weights(WIDTH, INNER))
    file.add_tensor("output_norm.weight", one)
    file.add_tensor("output.weight", output)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


main(*sys.argv[1:])
