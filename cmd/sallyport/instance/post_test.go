package instance_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"sallyport/cmd/sallyport/config"
	"sallyport/cmd/sallyport/instance"
	"sallyport/provider/notify/sms"
)

func text() sms.Text {
	return sms.Text{ID: "m-1", To: "+4791234567", Body: "483920 is your Acme code."}
}

func TestEachKindOfConfigurationSendsItsWay(t *testing.T) {
	t.Parallel()
	got := make(chan *http.Request, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got <- r
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"sid": "SM00000000000000000000000000000001", "status": "queued"}`)
	}))
	t.Cleanup(s.Close)
	const account = "AC00000000000000000000000000000001"
	for name, row := range map[string]struct {
		c    config.SMS
		want func(*http.Request) bool
	}{
		"form": {config.SMS{Kind: "gateway", URL: s.URL, Format: "form", Body: "to={{To}}&text={{Body}}&from={{From}}", From: "Acme", Secret: "s3cret", Header: "X-Key: k {{Secret}}"},
			func(r *http.Request) bool {
				return r.Form.Get("to") == text().To && r.Form.Get("text") == text().Body && r.Form.Get("from") == "Acme" && r.Header.Get("X-Key") == "k s3cret"
			}},
		"address": {config.SMS{Kind: "gateway", URL: s.URL + "/?to={{Digits}}&text={{Body}}", Format: "none"},
			func(r *http.Request) bool {
				return r.Method == http.MethodGet && r.Form.Get("to") == text().To[1:] && r.Form.Get("text") == text().Body
			}},
		"twilio": {config.SMS{Kind: "twilio", URL: s.URL, Account: account, Secret: "s3cret", From: "Acme"},
			func(r *http.Request) bool {
				user, password, _ := r.BasicAuth()
				return user == account && password == "s3cret" && r.Form.Get("To") == text().To
			}},
	} {
		sender, end, err := instance.Texts(row.c)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := sender.Send(context.Background(), text()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r := <-got; !row.want(r) {
			t.Errorf("%s: %v %v", name, r.Form, r.Header)
		}
		end()
	}
}

func TestSMPPConnectsToTheConfiguredCentreAndEnds(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close() // a centre that refuses
		}
	}()
	sender, end, err := instance.Texts(config.SMS{Kind: "smpp", Address: l.Addr().String(), SystemID: "i", Secret: "p", Bind: "transceiver"})
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(context.Background(), text()); err == nil {
		t.Error("sent, though nobody took it")
	}
	end()
	if err := sender.Send(context.Background(), text()); err == nil {
		t.Error("sent after its end")
	}
}

// A nil pointer in an interface would look like a way to send, and fail where it is used.
func TestWithoutAWayThereIsNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]config.SMS{
		"none":    {Kind: "none"},
		"gateway": {Kind: "gateway"}, "twilio": {Kind: "twilio"}, "smpp": {Kind: "smpp"},
	} {
		s, end, err := instance.Texts(c)
		if s != nil || (err == nil) != (c.Kind == "none") || err != nil && !errors.Is(err, sms.ErrConfig) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
		end()
	}
}
