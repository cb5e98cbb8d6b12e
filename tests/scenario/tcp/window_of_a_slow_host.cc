// SPDX-License-Identifier: Apache-2.0
//
// What the host has no room for is not acknowledged, and the window says so; when room comes back
// the guest is told, once it is worth a segment.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowOfASlowHost) {
  guest_connected();
  guest.sends(data(1000));
  relay.sends(ack(1001).window(256));  // 64 KiB in steps of 256
  host.has_room_for(0);
  relay.is_silent();
  guest.sends(data(60'000));
  relay.sends(ack(1001).window(256));  // the promise stands
  host.has_room_for(64'536);
  guest.sends(data(65'536).seq(1001));
  relay.sends(ack(65'537).window(3));
  host.has_room_for(3000);
  relay.is_silent();
  host.has_room_for(60'000);
  relay.sends(ack(65'537).window(234));
}

}  // namespace nsrun::tcp
