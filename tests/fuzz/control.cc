// SPDX-License-Identifier: Apache-2.0
//
// Any bytes from a client of the API socket: however they are cut into pieces, the same requests
// are found; each is understood or refused, and an answer that quotes it is one line of JSON.
#include <algorithm>
#include <string>
#include <vector>

#include "bytes.hh"
#include "control/framing.hh"
#include "control/message.hh"

namespace {

using namespace nsrun;
using State = control::RequestFramer::State;

struct Found {
  std::vector<std::string> requests;
  State end = State::kEmpty;
  friend bool operator==(const Found&, const Found&) = default;
};

Found find_requests(std::string_view stream, size_t piece) {
  control::RequestFramer framer;
  Found found;
  while (!stream.empty()) {
    framer.add(stream.substr(0, piece));
    stream.remove_prefix(std::min(piece, stream.size()));
    while (framer.state() == State::kComplete) found.requests.push_back(framer.take());
  }
  found.end = framer.state();
  return found;
}

void check_answer(const std::string& answer) {
  NSRUN_CHECK(answer.ends_with('\n') && answer.find('\n') == answer.size() - 1);
  NSRUN_CHECK(find_requests(answer, answer.size()).requests.size() == 1);
}

void check_forward(const control::AddForward& request) {
  NSRUN_CHECK(request.forward.host.port != 0 && request.forward.guest.port != 0);
  check_answer(control::format_list(std::vector{control::ForwardEntry{1, request.forward}}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Found found = find_requests(stream, size);
  NSRUN_CHECK(find_requests(stream, size_t{data[0]} + 1) == found);
  for (const std::string& request : found.requests) {
    const auto parsed = control::parse_request(request);
    check_answer(control::format_error(parsed ? request : parsed.error(), request));
    if (!parsed) continue;
    if (const auto* add = std::get_if<control::AddForward>(&*parsed)) check_forward(*add);
  }
  return 0;
}
