// SPDX-License-Identifier: Apache-2.0
//
// The TCP engine as a state machine: each byte of the input picks an event, those behind it its
// numbers, most of them close to the live ones. What must hold whatever happens: the host is given
// a prefix of the guest's stream and the guest one of the host's, nothing is acknowledged before it
// was committed, no window is exceeded or taken back, timers make progress, a closed connection is
// silent, and every chunk comes back once.
#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <vector>

#include "base/error.hh"
#include "bytes.hh"
#include "tcp/connection.hh"

namespace nsrun::tcp {
namespace {

using namespace std::chrono_literals;

// Both streams repeat, so that any part of them is a part of one buffer. The periods are primes:
// a misplaced byte is seen.
constexpr size_t kMostPayload = 1 << 14;

template <int kPeriod>
const std::byte* pattern_at(int64_t position) {
  static std::array<std::byte, kMostPayload + kPeriod> bytes = [] {
    std::array<std::byte, kMostPayload + kPeriod> filled{};
    for (size_t i = 0; i < filled.size(); ++i) filled[i] = std::byte(i % kPeriod);
    return filled;
  }();
  return bytes.data() + ((position % kPeriod) + kPeriod) % kPeriod;
}
const std::byte* guest_stream(int64_t position) { return pattern_at<251>(position); }
const std::byte* host_stream(int64_t position) { return pattern_at<241>(position); }

class Fuzzed final : public Output {
 public:
  explicit Fuzzed(base::Bytes input) : input_(input), now_(base::Time() + 1h) {}

  void run() {
    begin();
    for (int event = 0; event < 400 && !input_.rest().empty(); ++event) {
      step();
      check();
    }
    end_batch(SIZE_MAX);
    connection_->release_all();
    recycle();
    NSRUN_CHECK(held_.empty());
  }

 private:
  void begin() {
    Settings settings;
    const uint8_t choice = input_.read_u8();
    settings.mss = choice & 1 ? 1460 : 65495;
    settings.send_limit_bytes = choice & 2 ? 3000 : 100'000;
    settings.receive_limit_bytes = choice & 4 ? 1500 : 200'000;
    send_limit_ = settings.send_limit_bytes;
    guest_start_ = Sequence(input_.read_be32());
    relay_start_ = Sequence(input_.read_be32());
    if (choice & 8) {
      connection_ = std::unique_ptr<Connection>(
          new Connection(Connection::to_guest(settings, relay_start_, now_)));
      connection_->open(now_, *this);
    } else {
      connection_ = std::unique_ptr<Connection>(
          new Connection(Connection::accept(settings, read_syn(), relay_start_, now_)));
    }
  }

  void step() {
    was_closed_ = connection_->state() == State::kClosed;
    sent_in_step_ = 0;
    const uint8_t event = input_.read_u8();
    // The relay ends a batch before anything else happens.
    if (event % 16 > 4) end_batch(event & 0x80 ? input_.read_be16() : SIZE_MAX);
    switch (event % 16) {
      case 0:
      case 1:
        return receive(near_segment());
      case 2:
        return receive(in_order_segment());
      case 3:
        return receive(read_syn());
      case 4:
        return receive(acknowledging_segment());
      case 5:
        if (connection_->state() == State::kConnecting) connection_->host_connected(now_, *this);
        return;
      case 6:
      case 7:
        return host_gives(input_.read_be16());
      case 8:
        return connection_->finish(now_, *this);
      case 9:
        return connection_->set_receive_room(uint32_t{input_.read_be16()} << 2);
      case 10:
        return connection_->set_host_waiting((input_.read_u8() & 1) != 0, now_);
      case 11:
        if (input_.read_u8() == 77) connection_->abort(*this);
        return;
      case 12:
      case 13:
        return on_deadline();
      case 14:
        now_ += std::chrono::milliseconds(input_.read_u8());
        return connection_->on_time(now_, *this);
      default:
        now_ += std::chrono::minutes(input_.read_u8());
        return connection_->on_time(now_, *this);
    }
  }

  // ---- the guest --------------------------------------------------------------------------------

  Sequence position_of_guest() const { return guest_start_ + 1 + guest_sent_; }

  Segment read_syn() {
    Segment segment;
    const uint8_t choice = input_.read_u8();
    segment.sequence = guest_start_;
    segment.flags.syn = true;
    segment.flags.ack = (choice & 1) != 0;
    segment.acknowledgment = relay_start_ + (choice & 2 ? 1 : 0);
    if (choice & 4) segment.syn_options.mss = input_.read_be16();
    if (choice & 8) segment.syn_options.window_shift = input_.read_u8() & 15;
    segment.syn_options.sack_permitted = (choice & 16) != 0;
    takes_sack_ = takes_sack_ || segment.syn_options.sack_permitted;
    segment.window = input_.read_be16();
    widest_window_ = std::max(widest_window_, uint64_t{segment.window});
    const auto shift = std::min<unsigned>(segment.syn_options.window_shift.value_or(0), 14);
    widest_shift_ = std::max(widest_shift_, shift);
    return segment;
  }

  void fill(Segment& segment, uint32_t length) {
    segment.payload = {guest_stream(int64_t{segment.sequence - guest_start_} - 1),
                       std::min<size_t>(length, kMostPayload)};
  }

  Segment in_order_segment() {
    Segment segment;
    segment.sequence = position_of_guest();
    segment.acknowledgment = heard_;
    segment.flags.ack = true;
    segment.window = input_.read_be16();
    const uint16_t length = input_.read_be16();
    segment.flags.fin = length % 64 == 63;
    fill(segment, length);
    return segment;
  }

  Segment acknowledging_segment() {
    Segment segment;
    segment.sequence = position_of_guest();
    segment.acknowledgment = relay_start_ + relay_sent_ - input_.read_u8();
    segment.flags.ack = true;
    segment.window = input_.read_be16();
    return segment;
  }

  Segment near_segment() {
    const auto near = [&](Sequence number) {
      return number + static_cast<uint32_t>(static_cast<int16_t>(input_.read_be16()) / 8);
    };
    Segment segment;
    const uint8_t flags = input_.read_u8();
    segment.flags = {.fin = (flags & 1) != 0,
                     .syn = (flags & 6) == 6,
                     .rst = (flags & 24) == 24,
                     .ack = (flags & 96) != 0};
    segment.sequence = near(flags & 128 ? edge_ : position_of_guest());
    segment.acknowledgment = near(relay_start_ + relay_sent_);
    segment.window = input_.read_be16();
    fill(segment, input_.read_be16() % 2000);
    return segment;
  }

  void receive(Segment segment) {
    if (connection_->state() == State::kSynSent && segment.flags.syn) {
      segment.sequence = guest_start_;
    }
    widest_window_ = std::max(widest_window_, uint64_t{segment.window} << widest_shift_);
    offer(segment, connection_->receive(segment, now_, *this));
    if (connection_->is_early(segment) && early_.size() < 8) early_.push_back(segment);
    for (size_t i = 0; i < early_.size();) {
      const Segment kept = early_[i];
      if (kept.sequence > connection_->expected()) {
        ++i;
        continue;
      }
      early_.erase(early_.begin() + static_cast<ptrdiff_t>(i));
      offer(kept, connection_->receive_early(kept));
      i = 0;
    }
  }

  // What the engine wants the host to have of a segment.
  void offer(const Segment& segment, base::Bytes accepted) {
    NSRUN_CHECK(accepted.size() <= segment.payload.size());
    const int64_t position = received_ + static_cast<int64_t>(offered_);
    NSRUN_CHECK(std::equal(accepted.begin(), accepted.end(), guest_stream(position)));
    offered_ += accepted.size();
    const int64_t end = position + static_cast<int64_t>(accepted.size());
    guest_sent_ = std::max(guest_sent_, static_cast<uint32_t>(end));
  }

  void end_batch(size_t most) {
    const size_t taken = std::min(offered_, most);
    received_ += static_cast<int64_t>(taken);
    offered_ = 0;
    guest_sent_ = static_cast<uint32_t>(received_);
    const bool had_ended = connection_->guest_finished();
    connection_->commit(taken);
    NSRUN_CHECK(!had_ended || connection_->guest_finished());
    connection_->flush(*this, early_blocks());
    recycle();
    sent_in_step_ = 0;
  }

  std::vector<SackBlock> early_blocks() const {
    std::vector<SackBlock> blocks;
    for (const Segment& kept : early_) {
      blocks.push_back({kept.sequence, kept.sequence + kept.sequence_length()});
    }
    return blocks;
  }

  // ---- the host ---------------------------------------------------------------------------------

  void host_gives(uint32_t bytes) {
    const uint32_t length = std::min({bytes, connection_->sendable(), uint32_t{kMostPayload}});
    if (length == 0) return;
    auto chunk = std::make_unique<Chunk>();
    chunk->data = const_cast<std::byte*>(host_stream(given_));
    chunk->capacity = chunk->length = length;
    given_ += length;
    held_.insert(chunk.get());
    connection_->send(chunk.get(), now_, *this);
    chunks_.push_back(std::move(chunk));
    NSRUN_CHECK(connection_->bytes_in_flight() <= std::min<uint64_t>(send_limit_, widest_window_));
  }

  void recycle() {
    for (Chunk* chunk = connection_->take_released(); chunk != nullptr; chunk = chunk->next) {
      NSRUN_CHECK(held_.erase(chunk) == 1);
    }
  }

  // ---- what must hold ---------------------------------------------------------------------------

  void on_deadline() {
    if (connection_->deadline() == base::kNever) return;
    now_ = std::max(now_, connection_->deadline());
    connection_->on_time(now_, *this);
    NSRUN_CHECK(connection_->deadline() > now_);
  }

  void check() {
    NSRUN_CHECK(!was_closed_ || connection_->state() == State::kClosed);
    NSRUN_CHECK(sent_in_step_ <= 3);
    NSRUN_CHECK(connection_->bytes_in_flight() <= send_limit_ + 1);
    if (connection_->state() == State::kClosed) {
      NSRUN_CHECK(connection_->deadline() == base::kNever && connection_->sendable() == 0);
    }
    recycle();
  }

  void transmit(const Segment& segment, uint16_t mss) noexcept override {
    NSRUN_CHECK(!was_closed_ && mss > 0);
    ++sent_in_step_;
    NSRUN_CHECK(segment.sack.empty() || (takes_sack_ && segment.payload.empty()));
    if (segment.flags.rst) return;
    const int64_t first = segment.sequence - relay_start_;
    const auto end = first + segment.sequence_length();
    NSRUN_CHECK(end <= 1 + given_ + (connection_->host_finished() ? 1 : 0));
    NSRUN_CHECK(std::equal(segment.payload.begin(), segment.payload.end(), host_stream(first - 1)));
    relay_sent_ = std::max(relay_sent_, static_cast<uint32_t>(std::max<int64_t>(end, 0)));
    if (segment.flags.ack) check_acknowledgment(segment);
  }

  void check_acknowledgment(const Segment& segment) noexcept {
    const int64_t acknowledged = segment.acknowledgment - guest_start_;
    NSRUN_CHECK(acknowledged >= 1);
    NSRUN_CHECK(acknowledged <= 1 + received_ + (connection_->guest_finished() ? 1 : 0));
    heard_ = relay_start_ + relay_sent_;
    // Not scaled, so a lower bound; the engine's own arithmetic is the scenarios' subject.
    edge_ = wire::latest(edge_, segment.acknowledgment + segment.window);
  }

  base::ByteReader input_;
  base::Time now_;
  std::vector<Segment> early_;
  std::unique_ptr<Connection> connection_;
  Sequence guest_start_;
  Sequence relay_start_;
  Sequence heard_;
  Sequence edge_;
  uint32_t send_limit_ = 0;
  uint64_t widest_window_ = 0;
  unsigned widest_shift_ = 0;
  uint32_t guest_sent_ = 0;
  uint32_t relay_sent_ = 0;
  int64_t received_ = 0;
  size_t offered_ = 0;
  int64_t given_ = 0;
  int sent_in_step_ = 0;
  bool was_closed_ = false;
  bool takes_sack_ = false;
  std::set<Chunk*> held_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
};

}  // namespace
}  // namespace nsrun::tcp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  nsrun::tcp::Fuzzed(nsrun::fuzz::as_bytes(data, size)).run();
  return 0;
}
