/* Turns a finished fragmented mp4 into an ordinary one with its index in front.
 *
 * Packets are copied, nothing is encoded again. Room for the index is reserved in front, since its size can
 * be bounded: libav's own second pass would announce itself on stderr. The new file is made beside the old
 * one and replaces it only when it is complete; if that fails, say because a disk is full, the fragmented
 * film remains, which plays as well. */
#pragma once

#include "libav.hpp"

namespace pde::movie {

/* `stream`: what the encoder said of it, since a file does not tell everything without decoding. */
void make_faststart(OutputFile &fragmented, const AVCodecParameters &stream, int64_t frames);

}  // namespace pde::movie
