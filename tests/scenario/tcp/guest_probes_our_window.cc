// SPDX-License-Identifier: Apache-2.0
//
// A guest that probes our closed window is told of it: with an empty segment below the window as
// Linux does, or with a byte.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, GuestProbesOurWindowAsLinux) {
  guest_connected();
  host.has_room_for(65'536);
  guest.sends(data(65'535));
  relay.sends(ack(65'536).window(0));
  guest.sends(ack(1).seq(65'535));
  relay.sends(ack(65'536).window(0));
  host.has_room_for(1000);  // not worth an update, but an answer tells of it
  relay.is_silent();
  after(400ms);
  guest.sends(ack(1).seq(65'535));
  relay.sends(ack(65'536).window(3));
}

TEST_P(Scenario, GuestProbesOurWindowWithAByte) {
  guest_connected();
  host.has_room_for(65'536);
  guest.sends(data(65'535));
  relay.sends(ack(65'536).window(0));
  guest.sends(data(1));
  relay.sends(ack(65'536).window(0));
  host.has_room_for(30'000);
  relay.sends(ack(65'536).window(117));
  guest.sends(data(1).seq(65'536));
  relay.sends(ack(65'537));
  host.has_received(65'536);
}

}  // namespace nsrun::tcp
