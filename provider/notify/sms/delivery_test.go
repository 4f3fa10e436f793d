package sms_test

import (
	"encoding/binary"
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"sallyport/provider/notify/sms"
)

// query is how Kannel is asked; coding 0 is GSM, 2 is UCS-2.
const query = "?username=sallyport&password={{Secret}}&charset=UTF-8&to={{To}}&from={{From}}&text={{Body}}&coding="

func (k kannel) gateway(t *testing.T, coding, password string) *sms.Gateway {
	t.Helper()
	return gateway(t, sms.GatewayConfig{URL: k.sendsms + query + coding, From: "Acme", Secret: password,
		Success: []int{202}, Accepted: `^\d+: (Accepted|Queued)`, Refused: "denied by white- and/or black-lists"})
}

// unicode reads a text as Kannel shows it: UCS-2, escaped for a query.
func unicode(t *testing.T, line string) string {
	t.Helper()
	raw, err := url.QueryUnescape(line)
	if err != nil || len(raw)%2 != 0 {
		t.Fatalf("%q: %v", line, err)
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16([]byte(raw[2*i:]))
	}
	return string(utf16.Decode(units))
}

func TestKannelDeliversTheTextToTheNumber(t *testing.T) {
	t.Parallel()
	k := newKannel(t)
	send := func(coding, body string) {
		t.Helper()
		if err := k.gateway(t, coding, "correct&horse").Send(t.Context(), text(body)); err != nil {
			t.Fatal(err)
		}
	}
	for _, body := range []string{bound, "blåbær: 10 € & 5 £, ÆØÅ @#%+=&\"'{}[]~^|\\ ü", "a+b c%20d"} {
		send("0", body)
		if got := k.lines(t, strings.Count(body, "\n")+1); got != "Acme +4791234512 text "+body {
			t.Errorf("the network was given %q, want %q", got, body)
		}
	}
	// UCS-2 is shown escaped, line breaks and all, so nothing of it can get lost between lines.
	for _, body := range []string{bound, "Код: " + code + "\r\n\n@id.example.com #" + code, "אבג 漢字 €"} {
		send("2", body)
		line, ok := strings.CutPrefix(k.next(t), "Acme +4791234512 ucs-2 ")
		if got := unicode(t, line); !ok || got != body {
			t.Errorf("the network was given %q, want %q", got, body)
		}
	}
}

func TestKannelRefuses(t *testing.T) {
	t.Parallel()
	k := newKannel(t)
	err := k.gateway(t, "0", "battery&staple").Send(t.Context(), text(bound))
	if err == nil || errors.Is(err, sms.ErrRecipient) || !strings.Contains(err.Error(), "403: Authorization failed") {
		t.Errorf("wrong password: %v", err)
	}
	discreet(t, err, "battery", "staple")
	elsewhere := text(bound)
	elsewhere.To = "+4691234512"
	if err := k.gateway(t, "0", "correct&horse").Send(t.Context(), elsewhere); !errors.Is(err, sms.ErrRecipient) {
		t.Errorf("refused number: %v, want ErrRecipient", err)
	}
	if err := k.gateway(t, "0", "correct&horse").Send(t.Context(), text("last")); err != nil {
		t.Fatal(err)
	}
	if got := k.next(t); got != "Acme +4791234512 text last" {
		t.Errorf("the network was given %q first", got)
	}
}
