// SPDX-License-Identifier: Apache-2.0
//
// No MSS option means 536 bytes (RFC 9293 section 3.7.1); no window scale means none on either
// side.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestWithoutOptions) {
  guest.shift = Sketch::kNone;
  guest.window = 4000;
  guest.sends(syn().mss(0));
  host.connects();
  relay.sends(syn_ack().wscale(Sketch::kNone));
  guest.sends(ack(1));
  flow.can_send(4000);
  host.gives(536);
  relay.sends(data(536));  // transmit() was told 536, or the story would end here
  guest.sends(data(1));
  relay.sends(ack(2).window(65535));
}

}  // namespace nsrun::tcp
