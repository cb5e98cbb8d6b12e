// SPDX-License-Identifier: Apache-2.0
#include "scenario.hh"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace nsrun::tcp {
namespace {

constexpr uint16_t kSynWindow = 64240;  // what Linux says in a SYN, where no scale applies

}  // namespace

// Around every kind of wrap: of 32 bits, of the sign, of both sides together and apart.
INSTANTIATE_TEST_SUITE_P(From, Scenario,
                         testing::Values(Starts{1'000'000, 5'000'000}, Starts{0xfffffffe, 7},
                                         Starts{0x7fffff00, 0xffffff00},
                                         Starts{0xc0000000, 0x7fffffff}));

Scenario::Scenario() : now_(base::Time() + 1h) {
  settings.send_limit_bytes = 1 << 20;
  settings.receive_limit_bytes = 1 << 16;
}

void Scenario::TearDown() {
  begin_action("the story ends", 0);
  if (!connection_) return;
  connection_->release_all();
  recycle();
  const bool all_came_back =
      std::ranges::none_of(buffers_, [](const auto& buffer) { return buffer->is_queued; });
  judge(all_came_back, "a chunk was never given back");
}

// ---- the story ----------------------------------------------------------------------------------

// Something happens: all that the relay sent before must have been told.
bool Scenario::begin_action(const std::string& step, int line) {
  if (!begin_check(step, line)) return false;
  if (untold_.empty()) return true;
  fail("the relay had sent more than was told: " + describe(untold_.front().sketch));
  return false;
}

// Something is looked at.
bool Scenario::begin_check(const std::string& step, int line) {
  return story_.tell(step, line, now_);
}

void Scenario::judge(bool is_right, const std::string& reason) {
  if (!is_right) fail(reason);
}

// ---- between the voices -------------------------------------------------------------------------

Sketch Scenario::complete(const Sketch& sketch) {
  Sketch whole = sketch;
  if (!whole.sequence) {
    whole.sequence = guest.next;
    guest.next += whole.sequence_length();
  }
  if (whole.flags.ack && !whole.acknowledgment) whole.acknowledgment = guest.heard;
  if (!whole.raw_window) whole.raw_window = whole.flags.syn ? kSynWindow : guest.window;
  if (whole.flags.syn) {
    if (!whole.announced_mss) whole.announced_mss = 1460;
    if (!whole.window_scale) whole.window_scale = guest.shift;
    if (*whole.announced_mss != 0) guest_mss_ = *whole.announced_mss;
  }
  return whole;
}

Segment Scenario::segment_of(const Sketch& sketch, std::vector<std::byte>& payload) const {
  Segment segment;
  segment.sequence = Sequence(GetParam().guest) + *sketch.sequence;
  if (sketch.flags.ack) {
    segment.acknowledgment = Sequence(GetParam().relay) + *sketch.acknowledgment;
  }
  segment.flags = sketch.flags;
  segment.window = static_cast<uint16_t>(*sketch.raw_window);
  segment.syn_options.sack_permitted = sketch.takes_sack.value_or(false);
  if (sketch.flags.syn) {
    segment.syn_options.mss = *sketch.announced_mss;
    if (*sketch.window_scale != Sketch::kNone) {
      segment.syn_options.window_shift = static_cast<uint8_t>(*sketch.window_scale);
    }
  }
  payload.resize(sketch.bytes);
  const uint32_t first = *sketch.sequence + (sketch.flags.syn ? 1 : 0);
  for (uint32_t i = 0; i < sketch.bytes; ++i) payload[i] = guest_byte(first + i);
  segment.payload = payload;
  return segment;
}

void Scenario::deliver(const std::vector<Sketch>& sketches) {
  std::vector<std::byte> offered;
  for (const Sketch& sketch : sketches) {
    std::vector<std::byte> payload;
    const Segment segment = segment_of(sketch, payload);
    if (!connection_) {
      connection_ = std::unique_ptr<Connection>(
          new Connection(Connection::accept(settings, segment, Sequence(GetParam().relay), now_)));
      continue;
    }
    const base::Bytes accepted = connection_->receive(segment, now_, *this);
    offered.insert(offered.end(), accepted.begin(), accepted.end());
    if (keeps_early && connection_->is_early(segment)) early_.push_back(sketch);
    offer_early(offered);
  }
  give_to_host(offered);
  pump();
}

void Scenario::offer_early(std::vector<std::byte>& offered) {
  for (auto kept = early_.begin(); kept != early_.end();) {
    std::vector<std::byte> payload;
    const Segment segment = segment_of(*kept, payload);
    if (segment.sequence > connection_->expected()) {
      ++kept;
      continue;
    }
    const base::Bytes accepted = connection_->receive_early(segment);
    offered.insert(offered.end(), accepted.begin(), accepted.end());
    early_.erase(kept);
    kept = early_.begin();
  }
}

void Scenario::give_to_host(const std::vector<std::byte>& offered) {
  const uint32_t taken = std::min(host.room, static_cast<uint32_t>(offered.size()));
  for (uint32_t i = 0; i < taken; ++i) {
    judge(offered[i] == guest_byte(1 + host.received + i), "the host was given a wrong byte");
  }
  host.received += taken;
  if (host.room != kBigRoom) host.room -= taken;
  connection_->commit(taken);
}

// What a relay does whenever something has happened.
void Scenario::pump() {
  while (host.unread > 0 && connection_->sendable() > 0) {
    send_one_chunk(std::min({host.unread, connection_->sendable(), chunk_bytes}));
  }
  if (host.is_at_end && host.unread == 0 && !connection_->host_finished()) {
    connection_->finish(now_, *this);
  }
  connection_->set_host_waiting(host.unread > 0, now_);
  connection_->set_receive_room(host.room);
  connection_->flush(*this, early_blocks());
  recycle();
}

// The latest first.
std::vector<SackBlock> Scenario::early_blocks() const {
  std::vector<SackBlock> blocks;
  for (auto kept = early_.rbegin(); kept != early_.rend(); ++kept) {
    const Sequence first = Sequence(GetParam().guest) + *kept->sequence;
    blocks.push_back({first, first + kept->bytes});
  }
  return blocks;
}

void Scenario::send_one_chunk(uint32_t bytes) {
  auto buffer = std::make_unique<Buffer>();
  buffer->bytes.resize(bytes);
  for (uint32_t i = 0; i < bytes; ++i) buffer->bytes[i] = host_byte(1 + host.given + i);
  buffer->chunk.data = buffer->bytes.data();
  buffer->chunk.capacity = buffer->chunk.length = bytes;
  buffer->is_queued = true;
  host.given += bytes;
  host.unread -= bytes;
  connection_->send(&buffer->chunk, now_, *this);
  buffers_.push_back(std::move(buffer));
  judge(connection_->bytes_in_flight() <= settings.send_limit_bytes, "more in flight than allowed");
}

void Scenario::recycle() {
  for (Chunk* chunk = connection_->take_released(); chunk != nullptr; chunk = chunk->next) {
    const auto buffer =
        std::ranges::find_if(buffers_, [&](const auto& known) { return &known->chunk == chunk; });
    judge(buffer != buffers_.end() && (*buffer)->is_queued, "a chunk was given back twice");
    if (story_.has_failed()) return;
    (*buffer)->is_queued = false;
  }
}

void Scenario::transmit(const Segment& segment, uint16_t mss) noexcept {
  Sent sent{sketch_of(segment, Sequence(GetParam().relay), Sequence(GetParam().guest)),
            {segment.payload.begin(), segment.payload.end()}};
  const uint16_t agreed_mss = guest_mss_ == 0 ? 536 : std::max(guest_mss_, kMinimumMss);
  judge(mss == std::min(agreed_mss, settings.mss) || segment.flags.syn || segment.flags.rst,
        fmt::format("a segment size of {}", mss));
  if (segment.flags.syn) relay_scales_ = segment.syn_options.window_shift.has_value();
  if (segment.flags.ack && !segment.flags.rst) check_receiving_side(sent.sketch);
  for (uint32_t i = 0; i < sent.sketch.bytes; ++i) {
    judge(sent.payload[i] == host_byte(*sent.sketch.sequence + i),
          "the guest was sent a wrong byte");
  }
  untold_.push_back(std::move(sent));
}

// Nothing is acknowledged before the host has it, and no window is taken back.
void Scenario::check_receiving_side(const Sketch& sent) {
  const uint32_t most = 1 + host.received + (connection_->guest_finished() ? 1 : 0);
  judge(*sent.acknowledgment <= most,
        fmt::format("acknowledged {}, while the host has {}", *sent.acknowledgment, most));
  const unsigned shift = relay_scales_ && !sent.flags.syn && guest.shift != Sketch::kNone ? 8 : 0;
  const uint64_t edge = uint64_t{*sent.acknowledgment} + (uint64_t{*sent.raw_window} << shift);
  judge(edge + (1U << shift) > told_edge_, "the window was taken back");
  told_edge_ = std::max(told_edge_, edge);
}

bool Scenario::expect(const Sketch& expected, bool guest_sees_it) {
  if (untold_.empty()) {
    fail("the relay sent nothing");
    return false;
  }
  const Sketch seen = untold_.front().sketch;
  untold_.pop_front();
  Flags flags = seen.flags;
  flags.psh = expected.flags.psh;
  const auto differs = [](const auto& told, const auto& found) { return told && told != found; };
  std::optional<uint32_t> sequence = expected.sequence;
  if (!sequence && !expected.flags.rst) sequence = relay.next;
  if (flags != expected.flags || seen.bytes != expected.bytes || differs(sequence, seen.sequence) ||
      differs(expected.acknowledgment, seen.acknowledgment) ||
      differs(expected.raw_window, seen.raw_window) ||
      differs(expected.announced_mss, seen.announced_mss) ||
      differs(expected.window_scale, seen.window_scale) ||
      differs(expected.takes_sack, seen.takes_sack) ||
      differs(expected.sack_blocks, seen.sack_blocks)) {
    fail("the relay sent " + describe(seen) +
         (sequence ? fmt::format("; seq {} was expected", *sequence) : ""));
    return false;
  }
  if (!seen.flags.rst) relay.next = std::max(relay.next, *seen.sequence + seen.sequence_length());
  if (guest_sees_it && *seen.sequence <= guest.heard) {
    guest.heard = std::max(guest.heard, *seen.sequence + seen.sequence_length());
  }
  return true;
}

// ---- time ---------------------------------------------------------------------------------------

void Scenario::after(base::Duration duration, int line) {
  if (!begin_action(fmt::format("{} ms pass", duration / 1ms), line)) return;
  const base::Time end = now_ + duration;
  while (!story_.has_failed() && connection_->deadline() <= end) {
    now_ = std::max(now_, connection_->deadline());
    run_timer();
  }
  now_ = end;
}

void Scenario::frozen_for(base::Duration duration, int line) {
  if (!begin_action(fmt::format("the process stands still for {} ms", duration / 1ms), line))
    return;
  now_ += duration;
  if (connection_->deadline() <= now_) run_timer();
}

// A deadline that does not move would keep the event loop busy.
void Scenario::run_timer() {
  connection_->on_time(now_, *this);
  pump();
  judge(connection_->deadline() > now_, "on_time() left a deadline that has passed");
}

void Scenario::guest_connected() {
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack().ack(1));
  guest.sends(ack(1));
  flow.is(State::kEstablished);
}

void Scenario::client_connected() {
  host.client_arrives();
  relay.sends(syn());
  guest.sends(syn_ack());
  relay.sends(ack(1));
  flow.is(State::kEstablished);
}

}  // namespace nsrun::tcp
