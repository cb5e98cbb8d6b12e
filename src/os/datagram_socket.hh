// SPDX-License-Identifier: Apache-2.0
//
// The host's UDP sockets as the relay needs them: non-blocking; runs of equal datagrams in one call
// (UDP_SEGMENT, UDP_GRO: udp(7)); ICMP errors as messages (IP_RECVERR: ip(7)); the address that was
// asked, for a socket that is bound to any (IP_PKTINFO). Status values, no exceptions.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hh"
#include "base/fd.hh"
#include "os/socket_address.hh"
#include "wire/address.hh"

namespace nsrun::os {

struct OpenedDatagramSocket {
  base::Fd socket;  // empty when there could be none
  int error = 0;    // why not
};

// Bound to `local`; port 0: the kernel chooses one. IPv6 sockets are IPv6 only. Buffers are as
// large as a burst needs, as far as net.core.rmem_max and wmem_max allow.
OpenedDatagramSocket open_datagram_socket(const wire::Endpoint& local) noexcept;

// For a bound socket that others hold as well: only that the address that was asked is told.
void adopt_datagram_socket(base::FdView socket) noexcept;

// Whether what is sent has the DF bit and obeys the path MTU (IP_PMTUDISC_DO), or may be fragmented
// on the way.
void set_dont_fragment(base::FdView socket, bool is_v4, bool dont_fragment) noexcept;

// Sends `pieces` to `to`: one datagram, or one per `segment_bytes` when that is not 0 (the last may
// be shorter). `from`: the source address, for a socket that is bound to any. Returns 0 or errno.
int send_datagrams(base::FdView socket, const SocketAddress& to, std::span<const iovec> pieces,
                   uint16_t segment_bytes, const std::optional<wire::IpAddress>& from) noexcept;

// One or, with `segment_bytes`, several datagrams from one sender.
struct ReceivedDatagrams {
  wire::Endpoint from;
  wire::IpAddress to;           // the local address that was asked
  uint32_t from_interface = 0;  // where `from` is link-local (IPv6)
  base::Bytes bytes;
  uint16_t segment_bytes = 0;  // 0: a single datagram
};

// Memory for what is received: one per thread is enough.
class DatagramBuffers {
 public:
  static constexpr size_t kCount = 32;
  static constexpr size_t kBytes = 65536;

  DatagramBuffers();
  ~DatagramBuffers();
  DatagramBuffers(const DatagramBuffers&) = delete;
  DatagramBuffers& operator=(const DatagramBuffers&) = delete;

  // Receives what is there, at most kCount messages; the result is valid until the next call.
  // Empty: nothing was there, or an error is pending, which this call has taken.
  std::span<const ReceivedDatagrams> receive(base::FdView socket) noexcept;

 private:
  struct Control {
    alignas(cmsghdr) std::array<std::byte, 128> bytes;
  };

  std::byte* memory_;
  std::array<mmsghdr, kCount> messages_{};
  std::array<iovec, kCount> pieces_{};
  std::array<sockaddr_storage, kCount> senders_{};
  std::array<Control, kCount> controls_{};
  std::array<ReceivedDatagrams, kCount> received_;
};

// An ICMP error about something that the socket sent, or a local refusal (EMSGSIZE).
struct DatagramError {
  wire::Endpoint destination;               // of the datagram
  std::optional<wire::IpAddress> source;    // of the datagram, when an ICMP error tells
  std::optional<wire::IpAddress> reporter;  // who sent the ICMP error
  int error = 0;                            // errno: ECONNREFUSED, EMSGSIZE, EHOSTUNREACH...
  uint32_t mtu = 0;                         // for EMSGSIZE
};

// The next one off the socket's error queue; nothing when it is empty.
std::optional<DatagramError> take_datagram_error(base::FdView socket) noexcept;

}  // namespace nsrun::os
