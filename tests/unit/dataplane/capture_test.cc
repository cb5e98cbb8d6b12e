// SPDX-License-Identifier: Apache-2.0
//
// Readers of a running data plane's frames: each reads, stalls or dies as it likes.
#include "dataplane/capture.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "dataplane/captures.hh"
#include "support/host_socket.hh"
#include "support/running_data_plane.hh"
#include "wire/pcapng.hh"

namespace nsrun::dataplane {
namespace {

using base::Counter;
using test::bytes;
using test::HostSocket;
using test::kGatewayV4;
using test::kGuestV4;
using test::RunningDataPlane;
using wire::pcapng::Direction;

constexpr std::string_view kGreeting = "hello\n";
// Of has_sent_nothing_else() two frames; not what the stack says by itself.
constexpr const char* kPings = "icmp and host 10.0.2.100";

struct Recorded {
  uint32_t flags = 0;
  std::vector<std::byte> bytes;
};

uint32_t word(base::Bytes bytes, size_t offset) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

class Reader {
 public:
  Reader() {
    int numbers[2];
    base::check("a pair", ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, numbers));
    own_ = base::Fd(numbers[0]);
    theirs_ = base::Fd(numbers[1]);
    const timeval patience{10, 0};
    ::setsockopt(numbers[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  bool starts(RunningDataPlane& plane, const char* filter = "") {
    return plane.ask([&](auto& its) {
      return its.start_capture(theirs_, rules::parse_capture_filter(filter).value(), kGreeting);
    });
  }
  // Reads from now on until the end of the stream, which it asks for.
  std::vector<std::byte> ends() {
    ::shutdown(own_.number(), SHUT_WR);
    std::vector<std::byte> all;
    std::array<std::byte, 65536> piece;
    for (;;) {
      const ssize_t count = ::recv(own_.number(), piece.data(), piece.size(), 0);
      if (count <= 0) {
        EXPECT_EQ(count, 0);
        return all;
      }
      all.insert(all.end(), piece.begin(), piece.begin() + count);
    }
  }
  // The frames of what ends() gives; looks at the rest of it.
  std::vector<Recorded> frames() {
    const auto all = ends();
    base::Bytes rest(all);
    EXPECT_EQ(std::memcmp(rest.data(), kGreeting.data(), kGreeting.size()), 0);
    rest = rest.subspan(kGreeting.size());
    const auto opening = wire::pcapng::opening();
    EXPECT_EQ(std::memcmp(rest.data(), opening.data(), opening.size()), 0);
    rest = rest.subspan(opening.size());
    std::vector<Recorded> frames;
    while (word(rest, 0) == wire::pcapng::kEnhancedPacketBlock) {
      const uint32_t length = word(rest, 4);
      const uint32_t captured = word(rest, 20);
      const base::Bytes frame = rest.subspan(28, captured);
      frames.push_back({word(rest, length - 12), {frame.begin(), frame.end()}});
      rest = rest.subspan(length);
    }
    EXPECT_EQ(rest.size(), sizeof(wire::pcapng::StatisticsBlock));
    statistics = wire::pcapng::statistics_in(rest);
    return frames;
  }
  void dies() { own_.close(); }

  wire::pcapng::Statistics statistics;

 private:
  base::Fd own_;
  base::Fd theirs_;
};

TEST(Capture, HasEveryFrameOfBothDirectionsAsItWas) {
  RunningDataPlane plane;
  Reader reader;
  ASSERT_TRUE(reader.starts(plane));
  const test::Frame ping = test::ping_frame(kGuestV4, kGatewayV4, bytes("payload"));
  plane.guest.sends(ping);
  const test::Arrival answer = plane.guest.receives_traffic();
  const auto frames = reader.frames();
  // The stack may say something of its own in between.
  const auto has = [&](Direction direction, const std::vector<std::byte>& bytes) {
    return std::ranges::any_of(frames, [&](const Recorded& frame) {
      return frame.flags == static_cast<uint32_t>(direction) && frame.bytes == bytes;
    });
  };
  EXPECT_TRUE(has(Direction::kFromGuest, ping));
  EXPECT_TRUE(has(Direction::kToGuest, answer.bytes));
  EXPECT_EQ(reader.statistics.received, frames.size());
  EXPECT_EQ(reader.statistics.dropped, 0U);
}

TEST(Capture, TheFilterJudgesBothDirections) {
  RunningDataPlane plane;
  Reader pings;
  Reader others;
  ASSERT_TRUE(pings.starts(plane, kPings));
  ASSERT_TRUE(others.starts(plane, "tcp"));
  plane.has_sent_nothing_else();
  EXPECT_EQ(pings.frames().size(), 2U);
  EXPECT_TRUE(others.frames().empty());
}

// With UDP the relay hands over headers and payload in two pieces.
TEST(Capture, AFrameInTwoPiecesIsJudgedAsAWhole) {
  Config config = test::default_config();
  config.egress.allow_host_loopback = true;
  const HostSocket host = HostSocket::bound(wire::Transport::kUdp);
  RunningDataPlane plane(config);
  Reader reader;
  ASSERT_TRUE(reader.starts(plane, ("udp and port " + std::to_string(host.port())).c_str()));
  plane.guest.sends(
      test::udp_frame({kGuestV4, 5000}, {kGatewayV4, host.port()}, bytes("question")));
  host.answers([](const std::string&) { return std::string(1000, 'a'); });
  const test::Arrival answer = plane.guest.receives_traffic();
  const auto frames = reader.frames();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames.back().bytes, answer.bytes);
}

TEST(Capture, AReaderThatStallsLosesFramesAndIsTold) {
  RunningDataPlane plane;
  Reader reader;
  ASSERT_TRUE(reader.starts(plane, kPings));
  const test::Frame ping = test::ping_frame(kGuestV4, kGatewayV4, test::Frame(1400));
  uint64_t pings = 0;
  while (plane.count(Counter::kCaptureDropped) == 0) {
    ASSERT_LT(pings, 20'000U);
    for (int i = 0; i < 100; ++i, ++pings) {
      plane.guest.sends(ping);
      plane.guest.receives_traffic();  // the traffic goes on
    }
  }
  const auto frames = reader.frames();
  EXPECT_GE(reader.statistics.received, 2 * pings);
  EXPECT_GT(reader.statistics.dropped, 0U);
  EXPECT_EQ(frames.size() + reader.statistics.dropped, reader.statistics.received);
  EXPECT_EQ(frames.front().bytes, ping);
  for (const Recorded& frame : frames) EXPECT_TRUE(frame.flags == 1 || frame.flags == 2);
}

TEST(Capture, AReaderThatDiesMakesRoomForAnother) {
  RunningDataPlane plane;
  std::vector<Reader> readers(Captures::kMost);
  for (Reader& reader : readers) ASSERT_TRUE(reader.starts(plane));
  Reader next;
  ASSERT_FALSE(next.starts(plane));
  readers[1].dies();
  bool has_room = false;
  for (int i = 0; i < 1000 && !has_room; ++i) {
    plane.has_sent_nothing_else();
    has_room = next.starts(plane, kPings);
  }
  ASSERT_TRUE(has_room);
  plane.has_sent_nothing_else();
  EXPECT_EQ(next.frames().size(), 2U);
}

TEST(Capture, TheEndOfTheDataPlaneIsTheEndOfTheFile) {
  Reader reader;
  {
    RunningDataPlane plane;
    ASSERT_TRUE(reader.starts(plane, kPings));
    plane.has_sent_nothing_else();
  }
  EXPECT_EQ(reader.frames().size(), 2U);
  EXPECT_EQ(reader.statistics.received, 2U);
}

}  // namespace
}  // namespace nsrun::dataplane
