// SPDX-License-Identifier: Apache-2.0
//
// A guest for tests: the other end of a TAP that is a socket pair, with verbs. Every wait ends
// after kPatience with a failure of the test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

#include "os/fd_passing.hh"
#include "os/tap.hh"
#include "support/frame_text.hh"
#include "support/frames.hh"
#include "wire/packet.hh"
#include "wire/virtio_net.hh"

namespace nsrun::test {

// A frame that has arrived, parsed. The packet borrows the bytes.
struct Arrival {
  Frame bytes;
  wire::VirtioNetHeader virtio;
  wire::ParsedFrame parsed;

  const wire::Packet& packet() const { return parsed.packet; }
  wire::TcpView tcp() const { return wire::TcpView::parse(packet().transport).value(); }
  wire::IcmpView icmp() const { return wire::IcmpView::parse(packet().transport).value(); }
};

class FakeGuest {
 public:
  static constexpr int kPatienceMilliseconds = 10'000;

  explicit FakeGuest(os::TapFeatures features = {true, true}) : features_(features) {
    auto [mine, theirs] = os::make_seqpacket_pair();
    socket_ = std::move(mine);
    tap_ = std::move(theirs);
    const int buffer_bytes = 4 << 20;
    for (const base::FdView fd : {socket_.view(), tap_.view()}) {
      ::setsockopt(fd.number(), SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    }
  }

  // Once: what the data plane gets.
  os::Tap take_tap() {
    base::check("make the TAP non-blocking", ::fcntl(tap_.number(), F_SETFL, O_NONBLOCK));
    return {std::move(tap_), features_};
  }

  void sends(base::Bytes frame, wire::VirtioNetHeader virtio = {}) {
    std::array<iovec, 2> pieces{iovec{&virtio, features_.has_virtio_net_header ? sizeof virtio : 0},
                                iovec{const_cast<std::byte*>(frame.data()), frame.size()}};
    ASSERT_GE(::writev(socket_.number(), pieces.data(), pieces.size()), 0) << std::strerror(errno);
  }

  // The next frame.
  Arrival receives() {
    Arrival arrival;
    pollfd wait{socket_.number(), POLLIN, 0};
    if (::poll(&wait, 1, kPatienceMilliseconds) != 1) {
      ADD_FAILURE() << "no frame has come";
      return arrival;
    }
    Frame message(70'000);
    message.resize(static_cast<size_t>(
        base::check("read a frame", ::read(socket_.number(), message.data(), message.size()))));
    size_t header_length = features_.has_virtio_net_header ? sizeof arrival.virtio : 0;
    header_length = std::min(header_length, message.size());
    std::memcpy(&arrival.virtio, message.data(), header_length);
    arrival.bytes.assign(message.begin() + static_cast<ptrdiff_t>(header_length), message.end());
    arrival.parsed = wire::parse_frame(arrival.bytes);
    return arrival;
  }

  // The next frame that is neither address resolution nor a router's advertisement; resolution is
  // answered as a kernel would.
  Arrival receives_traffic() {
    for (;;) {
      Arrival arrival = receives();
      if (arrival.bytes.empty()) return arrival;
      if (arrival.parsed.status == wire::ParseStatus::kArp) {
        const auto request =
            wire::ArpView::parse(base::Bytes(arrival.bytes).subspan(sizeof(wire::EthernetHeader)));
        sends(arp_reply(*request));
        continue;
      }
      if (arrival.packet().protocol != wire::kProtocolIcmpV6) return arrival;
      const uint8_t type = arrival.icmp().type();
      if (type == wire::icmp_v6::kNeighborSolicitation) {
        sends(neighbor_advertisement(arrival.packet()));
      } else if (type != wire::icmp_v6::kRouterAdvertisement) {
        return arrival;
      }
    }
  }

  void hangs_up() { socket_.close(); }

 private:
  os::TapFeatures features_;
  base::Fd socket_;
  base::Fd tap_;
};

}  // namespace nsrun::test
