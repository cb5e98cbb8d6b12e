// SPDX-License-Identifier: Apache-2.0
#include "sketch.hh"

#include <fmt/format.h>

#include <utility>

namespace nsrun::tcp {

Sketch& Sketch::seq(uint32_t relative) {
  sequence = relative;
  return *this;
}

Sketch& Sketch::ack(uint32_t relative) {
  flags.ack = true;
  acknowledgment = relative;
  return *this;
}

Sketch& Sketch::window(uint16_t raw) {
  raw_window = raw;
  return *this;
}

Sketch& Sketch::mss(uint16_t bytes_per_segment) {
  announced_mss = bytes_per_segment;
  return *this;
}

Sketch& Sketch::wscale(int shift) {
  window_scale = shift;
  return *this;
}

Sketch& Sketch::sack_permitted(bool is_permitted) {
  takes_sack = is_permitted;
  return *this;
}

Sketch& Sketch::sack(std::vector<std::pair<uint32_t, uint32_t>> blocks) {
  sack_blocks = std::move(blocks);
  return *this;
}

Sketch& Sketch::carrying(uint32_t count) {
  bytes = count;
  return *this;
}

Sketch& Sketch::with_fin() {
  flags.fin = true;
  return *this;
}

uint32_t Sketch::sequence_length() const {
  return bytes + (flags.syn ? 1U : 0U) + (flags.fin ? 1U : 0U);
}

namespace {

Sketch with_flags(Flags flags) {
  Sketch sketch;
  sketch.flags = flags;
  return sketch;
}

std::string flag_letters(Flags flags) {
  std::string letters;
  if (flags.syn) letters += 'S';
  if (flags.fin) letters += 'F';
  if (flags.rst) letters += 'R';
  if (flags.ack) letters += 'A';
  return letters;
}

}  // namespace

Sketch syn() { return with_flags({.syn = true}); }
Sketch syn_ack() { return with_flags({.syn = true, .ack = true}); }
Sketch ack() { return with_flags({.ack = true}); }
Sketch ack(uint32_t relative) { return ack().ack(relative); }
Sketch data(uint32_t count) { return with_flags({.psh = true, .ack = true}).carrying(count); }
Sketch fin() { return with_flags({.fin = true, .ack = true}); }
Sketch rst() { return with_flags({.rst = true}); }
Sketch rst_ack() { return with_flags({.rst = true, .ack = true}); }

std::string describe(const Sketch& sketch) {
  std::string text = flag_letters(sketch.flags);
  if (sketch.sequence) text += fmt::format(" seq {}", *sketch.sequence);
  if (sketch.acknowledgment) text += fmt::format(" ack {}", *sketch.acknowledgment);
  if (sketch.raw_window) text += fmt::format(" win {}", *sketch.raw_window);
  if (sketch.announced_mss) text += fmt::format(" mss {}", *sketch.announced_mss);
  if (sketch.window_scale) text += fmt::format(" wscale {}", *sketch.window_scale);
  if (sketch.takes_sack.value_or(false)) text += " sackOK";
  if (sketch.sack_blocks) {
    for (const auto& [first, end] : *sketch.sack_blocks) {
      text += fmt::format(" sack {}-{}", first, end);
    }
  }
  if (sketch.bytes > 0) text += fmt::format(" ({} bytes)", sketch.bytes);
  return text;
}

Sketch sketch_of(const Segment& segment, Sequence own_start, Sequence other_start) {
  Sketch sketch = with_flags(segment.flags);
  sketch.bytes = static_cast<uint32_t>(segment.payload.size());
  sketch.sequence = segment.sequence.value() - own_start.value();
  if (segment.flags.ack) {
    sketch.acknowledgment = segment.acknowledgment.value() - other_start.value();
  }
  sketch.raw_window = segment.window;
  sketch.sack_blocks.emplace();
  for (const SackBlock& block : segment.sack) {
    sketch.sack_blocks->emplace_back(block.first.value() - other_start.value(),
                                     block.end.value() - other_start.value());
  }
  if (segment.flags.syn) {
    sketch.announced_mss = segment.syn_options.mss;
    sketch.takes_sack = segment.syn_options.sack_permitted;
    const auto shift = segment.syn_options.window_shift;
    sketch.window_scale = shift ? int{*shift} : Sketch::kNone;
  }
  return sketch;
}

std::byte guest_byte(uint32_t relative) { return std::byte(relative % 251); }
std::byte host_byte(uint32_t relative) { return std::byte(0xff - relative % 241); }

}  // namespace nsrun::tcp
