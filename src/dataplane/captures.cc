// SPDX-License-Identifier: Apache-2.0
#include "dataplane/captures.hh"

#include <algorithm>
#include <exception>

#include "wire/packet.hh"

namespace nsrun::dataplane {

bool Captures::start(base::Fd& reader, const rules::CaptureFilter& filter,
                     std::string_view greeting) noexcept {
  if (captures_.size() == kMost) return false;
  try {
    whole_.resize(wire::pcapng::kSnapLength);
    captures_.push_back(std::make_unique<Capture>(loop_, reader, filter, greeting, counters_));
  } catch (const std::exception&) {
    return false;
  }
  tap_.show_frames_to(this);
  return true;
}

void Captures::note(wire::pcapng::Direction direction, base::Bytes headers,
                    base::Bytes payload) noexcept {
  const bool is_judged = std::ranges::any_of(
      captures_, [](const auto& capture) { return !capture->filter().takes_all(); });
  const wire::ParsedFrame parsed = is_judged ? parse(headers, payload) : wire::ParsedFrame{};
  for (const auto& capture : captures_) {
    if (rules::takes(capture->filter(), parsed)) capture->add(direction, headers, payload);
  }
}

wire::ParsedFrame Captures::parse(base::Bytes headers, base::Bytes payload) noexcept {
  if (payload.empty()) return wire::parse_frame(headers);
  base::ByteWriter writer(whole_);
  writer.write(headers);
  writer.write(payload);
  return wire::parse_frame(writer.written());
}

void Captures::settle() noexcept {
  if (captures_.empty()) return;
  for (const auto& capture : captures_) capture->flush();
  std::erase_if(captures_, [](const auto& capture) { return capture->is_over(); });
  if (captures_.empty()) tap_.show_frames_to(nullptr);
}

}  // namespace nsrun::dataplane
