// SPDX-License-Identifier: Apache-2.0
#include "virtual_link.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace nsrun::tcp {
namespace {

constexpr int kMostEvents = 2'000'000;
constexpr base::Duration kMostTime = 24h;
constexpr uint32_t kRoom = 1 << 18;
constexpr base::Duration kByteTime = 1ns;  // 8 Gbit/s

// The stream of each end, without a short period.
base::Bytes stream(int end, uint64_t first, uint64_t count) {
  static const std::vector<std::byte> kBytes = [] {
    std::vector<std::byte> bytes((1 << 22) + 4096);
    std::mt19937 generator(7);
    std::ranges::generate(bytes, [&] { return std::byte(generator()); });
    return bytes;
  }();
  return base::Bytes(kBytes).subspan(first + (end == 0 ? 0 : 4096), count);
}

}  // namespace

VirtualLink::VirtualLink(const LinkProfile& profile, uint32_t seed)
    : profile_(profile),
      random_(seed),
      now_(base::Time() + 1h),
      began_(now_),
      ends_{End(*this, 0), End(*this, 1)} {
  for (End& end : ends_) {
    end.to_send = random_up_to(profile.most_bytes);
    end.room = std::min(kRoom, profile.settings.receive_limit_bytes);
    end.next_host_turn = now_ + 1ms;
    report_.stream_bytes += end.to_send;
  }
}

RunReport VirtualLink::run() {
  for (End& end : ends_) {
    if (end.index == 1 && !profile_.is_simultaneous) break;
    end.connection = std::unique_ptr<Connection>(new Connection(
        Connection::to_guest(profile_.settings, Sequence(static_cast<uint32_t>(random_())), now_)));
    end.connection->open(now_, end);
  }
  for (int event = 0; !is_over() && report_.trouble.empty(); ++event) {
    const base::Time next = next_event();
    if (next == base::kNever || next > began_ + kMostTime || event == kMostEvents) {
      complain("it does not come to an end");
      break;
    }
    now_ = std::max(now_, next);
    for (End& end : ends_) {
      deliver_due(end);
      if (end.connection && end.connection->deadline() <= now_) {
        end.connection->on_time(now_, end);
        pump(end);
        if (end.connection->deadline() <= now_) complain("a busy timer");
      }
      if (end.next_host_turn <= now_) host_turn(end);
    }
  }
  for (End& end : ends_) {
    if (end.received != ends_[1 - end.index].to_send) complain("bytes are missing");
    if (!end.buffers.empty()) complain("a chunk was never given back");
  }
  report_.took = now_ - began_;
  return report_;
}

bool VirtualLink::is_over() const {
  return std::ranges::all_of(ends_, [](const End& end) {
    return end.connection && end.connection->state() == State::kClosed;
  });
}

base::Time VirtualLink::next_event() const {
  base::Time next = base::kNever;
  for (const End& end : ends_) {
    if (!under_way_[end.index].empty()) {
      next = std::min(next, under_way_[end.index].begin()->first);
    }
    if (end.connection) next = std::min(next, end.connection->deadline());
    next = std::min(next, end.next_host_turn);
  }
  return next;
}

// All that has arrived by now is one batch.
void VirtualLink::deliver_due(End& end) {
  auto& queue = under_way_[end.index];
  if (queue.empty() || queue.begin()->first > now_) return;
  std::vector<std::byte> offered;
  while (!queue.empty() && queue.begin()->first <= now_) {
    const Packet packet = std::move(queue.extract(queue.begin()).mapped());
    const base::Bytes accepted = deliver(end, packet);
    offered.insert(offered.end(), accepted.begin(), accepted.end());
  }
  if (!end.connection) return;
  take(end, offered);
  pump(end);
}

base::Bytes VirtualLink::deliver(End& end, const Packet& packet) {
  Segment segment = packet.segment;
  segment.payload = packet.payload;
  if (end.connection && end.connection->state() != State::kClosed) {
    return end.connection->receive(segment, now_, end);
  }
  if (!end.connection && segment.flags.syn && !segment.flags.ack) {
    end.connection = std::unique_ptr<Connection>(new Connection(Connection::accept(
        profile_.settings, segment, Sequence(static_cast<uint32_t>(random_())), now_)));
  } else if (const auto reset = reset_for(segment)) {
    end.transmit(*reset, 1460);
  }
  return {};
}

void VirtualLink::take(End& end, const std::vector<std::byte>& offered) {
  const uint64_t taken = std::min<uint64_t>(offered.size(), end.room);
  const End& sender = ends_[1 - end.index];
  if (end.received + taken > sender.sent) return complain("more bytes than were sent");
  const base::Bytes expected = stream(sender.index, end.received, taken);
  if (!std::equal(expected.begin(), expected.end(), offered.begin())) {
    return complain("a wrong byte");
  }
  end.received += taken;
  if (profile_.is_slow_host) end.room -= static_cast<uint32_t>(taken);
  end.connection->commit(taken);
}

void VirtualLink::host_turn(End& end) {
  end.next_host_turn = now_ + std::chrono::microseconds(100 + random_up_to(5000));
  if (!end.connection) return;
  if (end.connection->state() == State::kClosed) {
    end.next_host_turn = base::kNever;
    return;
  }
  if (end.connection->state() == State::kConnecting) end.connection->host_connected(now_, end);
  if (profile_.is_slow_host && is_likely(0.5)) {
    end.room = std::max(end.room, static_cast<uint32_t>(random_up_to(kRoom)));
  }
  pump(end);
}

void VirtualLink::pump(End& end) {
  Connection& connection = *end.connection;
  while (end.sent < end.to_send && connection.sendable() > 0) send_chunk(end);
  if (end.sent == end.to_send && !connection.host_finished()) connection.finish(now_, end);
  connection.set_host_waiting(end.sent < end.to_send, now_);
  connection.set_receive_room(end.room);
  connection.flush(end);
  if (connection.bytes_in_flight() > profile_.settings.send_limit_bytes + 1) {
    complain("too much in flight");
  }
  recycle(end);
  const bool is_early = end.sent < end.to_send || end.received < ends_[1 - end.index].to_send;
  if (connection.state() == State::kClosed && is_early) complain("closed before the end");
}

void VirtualLink::send_chunk(End& end) {
  const uint64_t most = std::min<uint64_t>({end.to_send - end.sent, end.connection->sendable(),
                                            1 + random_up_to(is_likely(0.1) ? 100 : 65535)});
  auto buffer = std::make_unique<Buffer>();
  const base::Bytes bytes = stream(end.index, end.sent, most);
  buffer->bytes.assign(bytes.begin(), bytes.end());
  buffer->chunk.data = buffer->bytes.data();
  buffer->chunk.capacity = buffer->chunk.length = static_cast<uint32_t>(most);
  end.sent += most;
  Chunk* chunk = &buffer->chunk;
  end.buffers.emplace(chunk, std::move(buffer));
  end.connection->send(chunk, now_, end);
}

void VirtualLink::recycle(End& end) {
  for (Chunk* chunk = end.connection->take_released(); chunk != nullptr;) {
    Chunk* next = chunk->next;
    if (end.buffers.erase(chunk) != 1) complain("a chunk was given back twice");
    chunk = next;
  }
}

void VirtualLink::End::transmit(const Segment& segment, uint16_t mss) noexcept {
  base::Bytes rest = segment.payload;
  if (link.profile_.has_offload || rest.size() <= mss) {
    link.post(1 - index, segment, rest);
    return;
  }
  Segment piece = segment;
  while (!rest.empty()) {
    const base::Bytes payload = rest.first(std::min<size_t>(rest.size(), mss));
    link.post(1 - index, piece, payload);
    piece.sequence += static_cast<uint32_t>(payload.size());
    rest = rest.subspan(payload.size());
  }
}

void VirtualLink::post(int to, const Segment& segment, base::Bytes payload) {
  report_.wire_bytes += payload.size();
  line_is_free_[to] = std::max(line_is_free_[to], now_) + (payload.size() + 64) * kByteTime;
  if (is_likely(profile_.loss)) return;
  const int copies = is_likely(profile_.repeat) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    base::Time arrival = line_is_free_[to] + profile_.delay;
    if (is_likely(profile_.overtake)) {
      arrival += base::Duration(random_up_to(static_cast<uint64_t>(profile_.detour.count())));
    }
    under_way_[to].emplace(arrival, Packet{segment, {payload.begin(), payload.end()}});
  }
}

bool VirtualLink::is_likely(double probability) {
  return std::uniform_real_distribution<double>(0, 1)(random_) < probability;
}

uint64_t VirtualLink::random_up_to(uint64_t most) {
  return std::uniform_int_distribution<uint64_t>(0, most)(random_);
}

void VirtualLink::complain(const std::string& trouble) {
  if (report_.trouble.empty()) {
    const std::chrono::duration<double> since = now_ - began_;
    report_.trouble = fmt::format("after {:.3f} s: {}", since.count(), trouble);
  }
  for (const End& end : ends_) {
    if (report_.trouble.size() > 400 || !end.connection) continue;
    report_.trouble += fmt::format("; end {}: {}, sent {} of {}, received {}, in flight {}",
                                   end.index, state_name(end.connection->state()), end.sent,
                                   end.to_send, end.received, end.connection->bytes_in_flight());
  }
}

}  // namespace nsrun::tcp
