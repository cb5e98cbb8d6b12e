// SPDX-License-Identifier: Apache-2.0
//
// The guest may be ready for larger segments than the link between us takes.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestMssBeyondOurOwn) {
  settings.mss = 1460;
  guest.sends(syn().mss(65495));
  host.connects();
  relay.sends(syn_ack().mss(1460));
  guest.sends(ack(1));
  host.gives(3000);
  relay.sends(data(3000));  // transmit() was told 1460, or the story would end here
}

}  // namespace nsrun::tcp
