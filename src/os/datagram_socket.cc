// SPDX-License-Identifier: Apache-2.0
#include "os/datagram_socket.hh"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "base/error.hh"

namespace nsrun::os {
namespace {

void set_option(base::FdView socket, int level, int name, int value) noexcept {
  setsockopt(socket.number(), level, name, &value, sizeof value);
}

// A batch of 32 runs of 64 KiB is what one wake-up reads; the kernel counts twice of it.
constexpr int kBufferBytes = 2 << 20;

template <typename T>
void add_control(msghdr& message, int level, int type, const T& value) noexcept {
  auto* header = reinterpret_cast<cmsghdr*>(static_cast<std::byte*>(message.msg_control) +
                                            message.msg_controllen);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(header), &value, sizeof value);
  message.msg_controllen += CMSG_SPACE(sizeof value);
}

void add_source(msghdr& message, const wire::IpAddress& from) noexcept {
  const base::Bytes bytes = from.header_bytes();
  if (from.is_v4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, bytes.data(), bytes.size());
    add_control(message, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, bytes.data(), bytes.size());
    add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

template <typename T>
T control_value(const cmsghdr& header) noexcept {
  T value;
  std::memcpy(&value, CMSG_DATA(&header), sizeof value);
  return value;
}

// Our own address in a message about a packet. `field`: for a datagram &in_pktinfo::ipi_spec_dst,
// which is the interface's address when a broadcast was sent; an ICMP error only has ipi_addr.
std::optional<wire::IpAddress> own_address_in(const cmsghdr& header,
                                              in_addr in_pktinfo::*field) noexcept {
  if (header.cmsg_level == IPPROTO_IP && header.cmsg_type == IP_PKTINFO) {
    const auto info = control_value<in_pktinfo>(header);
    return wire::IpAddress::from_bytes(base::bytes_of(info.*field));
  }
  if (header.cmsg_level == IPPROTO_IPV6 && header.cmsg_type == IPV6_PKTINFO) {
    const auto info = control_value<in6_pktinfo>(header);
    return wire::IpAddress::from_bytes(base::bytes_of(info.ipi6_addr));
  }
  return std::nullopt;
}

void read_control(msghdr& message, ReceivedDatagrams& received) noexcept {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_UDP && header->cmsg_type == UDP_GRO) {
      received.segment_bytes = static_cast<uint16_t>(control_value<int>(*header));
    } else if (const auto own = own_address_in(*header, &in_pktinfo::ipi_spec_dst)) {
      received.to = *own;
    }
  }
}

std::optional<wire::IpAddress> reporter_of(const sock_extended_err& error) noexcept {
  if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) {
    return std::nullopt;
  }
  SocketAddress offender;
  const sockaddr* address = SO_EE_OFFENDER(&error);
  const size_t length = address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (address->sa_family == AF_UNSPEC) return std::nullopt;
  std::memcpy(&offender.storage, address, length);
  return offender.to_endpoint().address;
}

}  // namespace

OpenedDatagramSocket open_datagram_socket(const wire::Endpoint& local) noexcept {
  OpenedDatagramSocket opened;
  const SocketAddress address = SocketAddress::from(local);
  const int family = address.storage.ss_family;
  opened.socket = base::Fd(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int number = opened.socket.number();
  if (number < 0) {
    opened.error = errno;
    return opened;
  }
  if (family == AF_INET6) {
    set_option(opened.socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set_option(opened.socket, IPPROTO_IPV6, IPV6_RECVERR, 1);
    set_option(opened.socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  } else {
    set_option(opened.socket, IPPROTO_IP, IP_RECVERR, 1);
    set_option(opened.socket, IPPROTO_IP, IP_PKTINFO, 1);
  }
  set_option(opened.socket, SOL_UDP, UDP_GRO, 1);
  set_option(opened.socket, SOL_SOCKET, SO_RCVBUF, kBufferBytes);
  set_option(opened.socket, SOL_SOCKET, SO_SNDBUF, kBufferBytes);
  if (bind(number, address.get(), address.length) < 0) {
    opened.error = errno;
    opened.socket.close();
  }
  return opened;
}

void adopt_datagram_socket(base::FdView socket) noexcept {
  set_option(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  set_option(socket, IPPROTO_IP, IP_PKTINFO, 1);
}

void set_dont_fragment(base::FdView socket, bool is_v4, bool dont_fragment) noexcept {
  if (is_v4) {
    set_option(socket, IPPROTO_IP, IP_MTU_DISCOVER,
               dont_fragment ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
  } else {
    set_option(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
               dont_fragment ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT);
  }
}

int send_datagrams(base::FdView socket, const SocketAddress& to, std::span<const iovec> pieces,
                   uint16_t segment_bytes, const std::optional<wire::IpAddress>& from) noexcept {
  alignas(cmsghdr) std::array<std::byte, 128> control{};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to.get());
  message.msg_namelen = to.length;
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  message.msg_control = control.data();
  if (from) add_source(message, *from);
  if (segment_bytes != 0) add_control(message, SOL_UDP, UDP_SEGMENT, segment_bytes);
  if (message.msg_controllen == 0) message.msg_control = nullptr;
  return sendmsg(socket.number(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
}

DatagramBuffers::DatagramBuffers() {
  // Anonymous memory costs nothing until datagrams of that size arrive.
  void* memory =
      mmap(nullptr, kCount * kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) base::throw_errno("allocate memory for datagrams");
  memory_ = static_cast<std::byte*>(memory);
}

DatagramBuffers::~DatagramBuffers() { munmap(memory_, kCount * kBytes); }

std::span<const ReceivedDatagrams> DatagramBuffers::receive(base::FdView socket) noexcept {
  for (size_t i = 0; i < kCount; ++i) {
    pieces_[i] = {memory_ + i * kBytes, kBytes};
    msghdr& message = messages_[i].msg_hdr;
    message = {};
    message.msg_name = &senders_[i];
    message.msg_namelen = sizeof senders_[i];
    message.msg_iov = &pieces_[i];
    message.msg_iovlen = 1;
    message.msg_control = controls_[i].bytes.data();
    message.msg_controllen = controls_[i].bytes.size();
  }
  const int count = recvmmsg(socket.number(), messages_.data(), kCount, MSG_DONTWAIT, nullptr);
  if (count <= 0) return {};
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    ReceivedDatagrams& received = received_[i];
    SocketAddress sender;
    sender.storage = senders_[i];
    received.from = sender.to_endpoint();
    received.from_interface = sender.interface();
    received.bytes = base::Bytes(memory_ + i * kBytes, messages_[i].msg_len);
    received.segment_bytes = 0;
    read_control(messages_[i].msg_hdr, received);
    if (received.segment_bytes >= received.bytes.size()) received.segment_bytes = 0;
  }
  return {received_.data(), static_cast<size_t>(count)};
}

std::optional<DatagramError> take_datagram_error(base::FdView socket) noexcept {
  SocketAddress destination;
  alignas(cmsghdr) std::array<std::byte, 512> control;
  std::byte payload{};
  iovec piece{&payload, 1};
  msghdr message{};
  message.msg_name = destination.get();
  message.msg_namelen = sizeof destination.storage;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(socket.number(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
  DatagramError result;
  result.destination = destination.to_endpoint();
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (const auto own = own_address_in(*header, &in_pktinfo::ipi_addr)) result.source = own;
    const bool is_error = (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR) ||
                          (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR);
    if (!is_error) continue;
    const auto* error = reinterpret_cast<const sock_extended_err*>(CMSG_DATA(header));
    result.error = static_cast<int>(error->ee_errno);
    result.mtu = error->ee_info;
    result.reporter = reporter_of(*error);
  }
  return result;
}

}  // namespace nsrun::os
