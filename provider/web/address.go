package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// ClientAddr returns the address limits and logs go by: the peer of the socket, unless that is a trusted
// proxy; then the right-most entry of X-Forwarded-For that is not one. Everything left of it is hearsay and
// a malformed entry ends the reading (gauntlet J04). The zero Addr means that the peer has no IP address.
func (e *Edge) ClientAddr(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := bare(peer.Addr())
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && e.trusted(client); i-- {
		hop, ok := parseHop(hops[i])
		if !ok {
			break
		}
		client = hop
	}
	return client
}

func (e *Edge) trusted(addr netip.Addr) bool {
	for _, proxy := range e.proxies {
		if proxy.Contains(addr) {
			return true
		}
	}
	return false
}

// parseHop reads an address with or without a port; some balancers write the port.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if addr, err := netip.ParseAddr(s); err == nil {
		return bare(addr), true
	}
	if hop, err := netip.ParseAddrPort(s); err == nil {
		return bare(hop.Addr()), true
	}
	if addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")); err == nil {
		return bare(addr), true
	}
	return netip.Addr{}, false
}

// bare makes one address of its spellings, so that no limit is evaded by another spelling.
func bare(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

func address(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}
