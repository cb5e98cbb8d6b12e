// SPDX-License-Identifier: Apache-2.0
//
// The whole data plane between a guest and the host's sockets. Each byte of the input picks an
// event: a segment of one of the guest's connections, a datagram (whole or in fragments), any
// frame, or what servers and clients on the host do. Sequence numbers and addresses come from what
// was heard before, so that connections get somewhere. Nothing may end the helper, and whatever it
// sends to the guest is a frame with right checksums. All of it in a network namespace of its own.
#include "dataplane/data_plane.hh"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/log.hh"
#include "bytes.hh"
#include "os/fd_passing.hh"
#include "os/netlink.hh"
#include "os/sysctl.hh"
#include "support/frames.hh"
#include "wire/virtio_net.hh"

namespace {

using namespace nsrun;

constexpr uint16_t kServerPort = 7;        // of the host's servers
constexpr uint16_t kPublishedPort = 8080;  // leads to kGuestPort
constexpr uint16_t kGuestPort = 80;
constexpr size_t kMostEvents = 200;
constexpr size_t kMostHostSockets = 32;

// An address of this host that no rule makes special.
const struct {
  wire::IpAddress v4 = test::ip("192.0.2.7");
  wire::IpAddress v6 = test::ip("2001:db8::7");
} kOtherMachine;

// Each flow is between the guest and the gateway, which is the host's loopback.
struct Flow {
  wire::Endpoint guest;
  wire::Endpoint remote;
  wire::Sequence next{5000};
  wire::Sequence heard{};
};

sockaddr_in6 loopback(bool is_v4, uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  if (is_v4) {
    address.sin6_addr.s6_addr[10] = address.sin6_addr.s6_addr[11] = 0xff;
    address.sin6_addr.s6_addr[12] = 127;
  }
  address.sin6_addr.s6_addr[15] = 1;
  return address;
}

base::Fd make_socket(int type) {
  base::Fd fd(base::check("make a socket", ::socket(AF_INET6, type | SOCK_NONBLOCK, 0)));
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd.number(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  // Little room, so that one side has to wait for the other.
  const int few_bytes = 4096;
  ::setsockopt(fd.number(), SOL_SOCKET, SO_RCVBUF, &few_bytes, sizeof few_bytes);
  return fd;
}

base::Fd make_server(int type) {
  base::Fd fd = make_socket(type);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(kServerPort);
  base::check("bind", ::bind(fd.number(), reinterpret_cast<const sockaddr*>(&any), sizeof any));
  if (type == SOCK_STREAM) base::check("listen", ::listen(fd.number(), 16));
  return fd;
}

class World {
 public:
  explicit World(base::Bytes input) : input_(input) {
    const wire::IpAddress v4 = test::ip("10.0.2.100");
    const wire::IpAddress v6 = test::ip("fd00::100");
    const wire::IpAddress gateway_v4 = test::ip("10.0.2.2");
    const wire::IpAddress gateway_v6 = test::ip("fd00::2");
    flows_[0] = {.guest = {v4, 1000}, .remote = {gateway_v4, kServerPort}};
    flows_[1] = {.guest = {v4, 1001}, .remote = {gateway_v4, kServerPort + 1}};  // refused
    flows_[2] = {.guest = {v6, 1002}, .remote = {gateway_v6, kServerPort}};
    flows_[3] = {.guest = {v4, kGuestPort}, .remote = {gateway_v4, 9}};  // the latest client
    publish(wire::Transport::kTcp);
    publish(wire::Transport::kUdp);
  }

  void run() {
    for (size_t event = 0; event < kMostEvents && !input_.rest().empty(); ++event) {
      step(input_.read_u8());
    }
    turn();
  }

 private:
  static dataplane::Config config() {
    dataplane::Config result;
    result.plan = rules::make_network_plan(rules::kDefaultCidr, rules::kDefaultCidr6).value();
    result.egress.allow_host_loopback = true;
    // Without a name server it is the one on the host's loopback.
    result.dns_options.upstream_port = kServerPort;
    return result;
  }

  os::Tap take_tap() {
    for (const base::FdView end : {tap_ends_.first.view(), tap_ends_.second.view()}) {
      base::check("make the TAP non-blocking", ::fcntl(end.number(), F_SETFL, O_NONBLOCK));
    }
    return {std::move(tap_ends_.first), {true, true}};
  }

  rules::PortForward forward(wire::Transport transport, bool is_v4) const {
    return {transport,
            {is_v4 ? wire::kLoopbackV4 : wire::kLoopbackV6, kPublishedPort},
            {is_v4 ? wire::kAnyV4 : wire::kAnyV6, kGuestPort}};
  }
  void remove(wire::Transport transport) {
    static_cast<void>(plane_.remove_forward(forward(transport, true)));
    static_cast<void>(plane_.remove_forward(forward(transport, false)));
  }
  void publish(wire::Transport transport) {
    static_cast<void>(plane_.add_forward(forward(transport, true)));
    static_cast<void>(plane_.add_forward(forward(transport, false)));
  }

  void step(uint8_t event) {
    // Several events may make one batch.
    if ((event & 0x80) != 0) turn();
    switch (event % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
        return segment(flows_[event % 4]);
      case 4:
        return datagram(flows_[event >> 4 & 3]);
      case 5:
        return any_frame();
      case 6:
        return accept();
      case 7:
        return write_stream();
      case 8:
        return read_stream();
      case 9:
        return end_stream(event >> 4 & 3);
      case 10:
        return answer_datagram();
      case 11:
        return connect((event & 0x10) != 0);
      case 12:
        return ask_published((event & 0x10) != 0);
      case 13: {
        const auto transport = (event & 0x20) != 0 ? wire::Transport::kUdp : wire::Transport::kTcp;
        return (event & 0x10) != 0 ? publish(transport) : remove(transport);
      }
      case 14:
        return (event & 0x10) != 0 ? ask_name_server() : ping((event & 0x20) != 0);
      default:
        return turn();
    }
  }

  void turn() {
    plane_.stop();
    plane_.run();
    for (;;) {
      const ssize_t length = ::read(tap_ends_.second.number(), space_.data(), space_.size());
      if (length < 0) return;
      hear(base::MutableBytes(space_).first(static_cast<size_t>(length)));
    }
  }

  // ---- the guest --------------------------------------------------------------------------------

  void send(base::Bytes frame, wire::VirtioNetHeader virtio = {}) {
    const std::array<iovec, 2> pieces{iovec{&virtio, sizeof virtio},
                                      iovec{const_cast<std::byte*>(frame.data()), frame.size()}};
    static_cast<void>(::writev(tap_ends_.second.number(), pieces.data(), pieces.size()));
  }

  void segment(Flow& flow) {
    wire::TcpFields fields;
    const uint8_t choice = input_.read_u8();
    fields.flags = input_.read_u8() & 0x3f;
    const bool is_off = (choice & 1) != 0;
    fields.sequence = flow.next + static_cast<uint32_t>(is_off ? int8_t(input_.read_u8()) : 0);
    fields.acknowledgment =
        flow.heard + static_cast<uint32_t>((choice & 2) != 0 ? int8_t(input_.read_u8()) : 0);
    fields.window = (choice & 4) != 0 ? input_.read_be16() : 65535;
    if ((fields.flags & wire::kTcpSyn) != 0) {
      if ((choice & 8) != 0) fields.options.maximum_segment_size = input_.read_be16();
      if ((choice & 16) != 0) fields.options.window_scale = input_.read_u8() % 15;
    }
    const size_t length = (choice & 32) != 0 ? input_.read_be16() % 20'000 : 0;
    const std::vector<std::byte> payload(length, std::byte{choice});
    send(test::tcp_frame(flow.guest, flow.remote, fields, payload));
    if (is_off) return;
    flow.next = flow.next + static_cast<uint32_t>(length) +
                static_cast<uint32_t>((fields.flags & wire::kTcpSyn) != 0) +
                static_cast<uint32_t>((fields.flags & wire::kTcpFin) != 0);
  }

  void datagram(const Flow& flow) {
    const uint8_t choice = input_.read_u8();
    const std::vector<std::byte> payload(input_.read_be16() % 9000, std::byte{choice});
    const wire::Endpoint source{flow.guest.address, (choice & 4) != 0
                                                        ? kGuestPort
                                                        : static_cast<uint16_t>(2000 + choice % 4)};
    wire::Endpoint remote = flow.remote;
    // Where the last client of the published port was heard from.
    if ((choice & 4) != 0 && datagram_client_) remote = *datagram_client_;
    if (source.address.is_v4() != remote.address.is_v4()) return;
    const test::Frame frame = test::udp_frame(source, remote, payload);
    if ((choice & 8) == 0) return send(frame);
    for (const test::Frame& piece : test::fragments_of(frame, 512)) send(piece);
  }

  void ask_name_server() {
    const base::Bytes query = input_.take(std::min<size_t>(input_.read_u8(), input_.rest().size()));
    send(test::udp_frame({flows_[0].guest.address, 3000}, {test::ip("10.0.2.3"), 53}, query));
  }

  void ping(bool is_v4) {
    const std::vector<std::byte> payload(input_.read_u8(), std::byte{7});
    send(test::ping_frame(is_v4 ? flows_[0].guest.address : flows_[2].guest.address,
                          is_v4 ? kOtherMachine.v4 : kOtherMachine.v6, payload));
  }

  void any_frame() {
    const uint8_t choice = input_.read_u8();
    const base::Bytes bytes = input_.take(std::min<size_t>(input_.read_u8(), input_.rest().size()));
    if ((choice & 1) != 0) return send(bytes);
    const Flow& flow = flows_[choice >> 1 & 3];
    const auto protocol =
        static_cast<uint8_t>((choice & 8) != 0            ? choice >> 4
                             : flow.guest.address.is_v4() ? wire::kProtocolIcmp
                                                          : wire::kProtocolIcmpV6);
    send(test::ip_frame(flow.guest.address, flow.remote.address, protocol, bytes));
  }

  void hear(base::MutableBytes message) {
    wire::VirtioNetHeader virtio;
    NSRUN_CHECK(message.size() > sizeof virtio);
    std::memcpy(&virtio, message.data(), sizeof virtio);
    const base::MutableBytes frame = message.subspan(sizeof virtio);
    NSRUN_CHECK(wire::is_valid_for(virtio, frame.size()));
    if ((virtio.flags & wire::kVirtioNeedsChecksum) != 0) {
      NSRUN_CHECK(
          wire::complete_partial_checksum(frame, virtio.checksum_start, virtio.checksum_offset));
    }
    const wire::ParsedFrame parsed = wire::parse_frame(frame);
    if (parsed.status == wire::ParseStatus::kArp) return;
    NSRUN_CHECK(parsed.status == wire::ParseStatus::kIp);
    const wire::Packet& packet = parsed.packet;
    if (!packet.is_flow()) return;
    NSRUN_CHECK(wire::has_valid_transport_checksum(packet.transport, packet.source,
                                                   packet.destination, packet.protocol));
    if (packet.protocol == wire::kProtocolTcp) {
      hear_segment(packet);
    } else if (packet.destination_port == kGuestPort) {
      datagram_client_ = packet.source_endpoint();
    }
  }

  void hear_segment(const wire::Packet& packet) {
    const auto segment = wire::TcpView::parse(packet.transport).value();
    const auto length = static_cast<uint32_t>(segment.payload().size()) +
                        static_cast<uint32_t>(segment.has(wire::kTcpSyn)) +
                        static_cast<uint32_t>(segment.has(wire::kTcpFin));
    if (segment.has(wire::kTcpSyn) && !segment.has(wire::kTcpAck)) {
      flows_[3] = {packet.destination_endpoint(), packet.source_endpoint(), flows_[3].next, {}};
    }
    for (Flow& flow : flows_) {
      if (flow.guest != packet.destination_endpoint()) continue;
      if (flow.remote != packet.source_endpoint()) continue;
      flow.heard = segment.sequence() + length;
    }
  }

  // ---- the host ---------------------------------------------------------------------------------

  // The stream that the event is about; the newest are the likeliest.
  base::Fd* stream() {
    if (streams_.empty()) return nullptr;
    return &streams_[streams_.size() - 1 - input_.read_u8() % 2 % streams_.size()];
  }

  void keep(base::Fd fd) {
    const linger reset{1, 0};
    ::setsockopt(fd.number(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    streams_.push_back(std::move(fd));
    if (streams_.size() > kMostHostSockets) streams_.erase(streams_.begin());
  }

  void accept() {
    base::Fd fd(::accept4(tcp_server_.number(), nullptr, nullptr, SOCK_NONBLOCK));
    if (fd.is_open()) keep(std::move(fd));
  }

  void connect(bool is_v4) {
    base::Fd fd = make_socket(SOCK_STREAM);
    const sockaddr_in6 address = loopback(is_v4, kPublishedPort);
    static_cast<void>(
        ::connect(fd.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    keep(std::move(fd));
  }

  void write_stream() {
    if (base::Fd* fd = stream()) {
      static_cast<void>(::send(fd->number(), space_.data(), input_.read_be16(), MSG_NOSIGNAL));
    }
  }

  void read_stream() {
    if (base::Fd* fd = stream()) {
      static_cast<void>(::recv(fd->number(), space_.data(), space_.size(), 0));
    }
  }

  void end_stream(unsigned how) {
    base::Fd* const fd = stream();
    if (fd == nullptr) return;
    if (how == 3) {
      streams_.erase(streams_.begin() + (fd - &streams_.front()));
    } else {
      ::shutdown(fd->number(), how == 2 ? SHUT_RD : SHUT_WR);
    }
  }

  void answer_datagram() {
    sockaddr_in6 from{};
    socklen_t length = sizeof from;
    const ssize_t size = ::recvfrom(udp_server_.number(), space_.data(), space_.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0) return;
    const uint8_t choice = input_.read_u8();
    if ((choice & 4) != 0) space_[2] |= std::byte{0x80};  // a name server's answer
    if ((choice & 8) != 0) space_[input_.read_u8()] = std::byte{input_.read_u8()};
    for (int copies = choice & 3; copies > 0; --copies) {
      ::sendto(udp_server_.number(), space_.data(), static_cast<size_t>(size), 0,
               reinterpret_cast<const sockaddr*>(&from), length);
    }
  }

  void ask_published(bool is_v4) {
    const sockaddr_in6 address = loopback(is_v4, kPublishedPort);
    static_cast<void>(::recv(udp_client_.number(), space_.data(), space_.size(), 0));
    ::sendto(udp_client_.number(), space_.data(), input_.read_be16(), 0,
             reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }

  base::ByteReader input_;
  std::vector<std::byte> space_ = std::vector<std::byte>(70'000);
  std::array<Flow, 4> flows_;
  std::optional<wire::Endpoint> datagram_client_;
  std::pair<base::Fd, base::Fd> tap_ends_ = os::make_seqpacket_pair();
  base::Fd tcp_server_ = make_server(SOCK_STREAM);
  base::Fd udp_server_ = make_server(SOCK_DGRAM);
  base::Fd udp_client_ = make_socket(SOCK_DGRAM);
  dataplane::DataPlane plane_{config(), take_tap()};
  std::vector<base::Fd> streams_;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argument_count*/, char*** /*arguments*/) {
  const bool is_root = ::geteuid() == 0;
  if (::unshare(is_root ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    std::perror("fuzz_data_plane needs a network namespace of its own");
    std::exit(1);
  }
  os::Netlink netlink;
  const int loopback_index = netlink.interface_index("lo");
  netlink.set_up(loopback_index);
  netlink.add_address(loopback_index, {kOtherMachine.v4, 32});
  netlink.add_address(loopback_index, {kOtherMachine.v6, 128});
  // Whoever is not root has no group here that may be named.
  if (is_root) os::write_sysctl("net/ipv4/ping_group_range", "0 0");
  base::log::open("fuzz_data_plane", base::log::Level::kError);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  World(fuzz::as_bytes(data, size)).run();
  return 0;
}
