// SPDX-License-Identifier: Apache-2.0
//
// The host's TCP sockets as the relay needs them: non-blocking, and dying with a reset. Status
// values, no exceptions: these calls are part of the data plane's work.
#pragma once

#include <sys/socket.h>

#include <optional>

#include "base/fd.hh"
#include "base/time.hh"
#include "wire/address.hh"

namespace nsrun::os {

struct ConnectAttempt {
  base::Fd socket;  // empty when there could be none
  int error = 0;    // 0: connected; EINPROGRESS: writable when decided; else why not
};

// Starts to connect a socket that somebody else has made, non-blocking, with the relay's options.
ConnectAttempt connect_with(base::Fd socket, const wire::Endpoint& destination) noexcept;

// Starts to connect; from `source`, when given, and by the interface `scope`, where the destination
// is link-local. ENETUNREACH also where the host has no address to connect from, EADDRNOTAVAIL only
// for lack of ports.
ConnectAttempt start_connect(const wire::Endpoint& destination,
                             const std::optional<wire::IpAddress>& source,
                             uint32_t scope = 0) noexcept;

struct OpenedListener {
  base::Fd socket;  // empty when there could be none
  int error = 0;    // why not
};

// Listens with the relay's options, which accepted sockets inherit. IPv6 listeners are IPv6 only.
OpenedListener listen_on(const wire::Endpoint& local) noexcept;
// The same with a socket that somebody else has made, non-blocking.
OpenedListener listen_with(base::Fd socket, const wire::Endpoint& local) noexcept;

// Whether this address and port could be listened at: errno of the attempt to bind `socket`, or 0.
int bind_error(base::FdView socket, const wire::Endpoint& local) noexcept;

// Of the open socket, that is of everybody who holds it.
void set_non_blocking(base::FdView socket) noexcept;

// The options that every relayed socket has; an accepted one inherits them from its listener.
// SO_LINGER {1, 0}: should the helper die, the far side sees a reset and not a clean end.
void set_relay_options(base::FdView socket) noexcept;
// Before an orderly close: what is still queued goes out.
void linger_normally(base::FdView socket) noexcept;
// close() resets the connection.
void linger_with_reset(base::FdView socket) noexcept;

// Takes the pending error off the socket (SO_ERROR); 0 when there is none.
int take_socket_error(base::FdView socket) noexcept;

// The kernel's smoothed round trip to the far side (TCP_INFO); zero before there is one.
base::Duration round_trip_of(base::FdView socket) noexcept;

wire::Endpoint local_endpoint(base::FdView socket) noexcept;

// Whether the address is one of this host's own.
bool is_own_address(const wire::IpAddress& address) noexcept;

}  // namespace nsrun::os
