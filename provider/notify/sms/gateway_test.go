package sms_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport/provider/notify/sms"
)

// nasty breaks out of every place that does not escape.
const nasty = "a\"},{\"to\":\"+1\r\nX-To: +1\n&to=%2B1;to=+1#\\\u2028 blåbær Ж 🦊 <b>{{Secret}}</b>"

func TestFieldsStayInTheirPlaces(t *testing.T) {
	t.Parallel()
	web := newWeb(t, 200, "")
	g := gateway(t, sms.GatewayConfig{URL: web.URL + "/send?to={{To}}&n={{ Digits }}&text={{Body}}&id={{ID}}&from={{From}}&key={{Secret}}",
		Header: map[string]string{"Authorization": "Bearer {{Secret}}", "Idempotency-Key": "{{ID}}"}, From: "Acme & Co", Secret: "p&w d%"})
	if err := g.Send(t.Context(), text(nasty)); err != nil {
		t.Fatal(err)
	}
	a := web.next(t)
	want := url.Values{"to": {"+4791234512"}, "n": {"4791234512"}, "text": {nasty}, "id": {"0198f2a0-7c1e"}, "from": {"Acme & Co"}, "key": {"p&w d%"}}
	if got := a.URL.Query(); a.Method != "GET" || got.Encode() != want.Encode() {
		t.Errorf("%s %v", a.Method, got)
	}
	if a.Header.Get("Authorization") != "Bearer p&w d%" || a.Header.Get("Idempotency-Key") != "0198f2a0-7c1e" || a.Header.Get("X-To") != "" {
		t.Errorf("%v", a.Header)
	}
}

func TestFieldsStayInAForm(t *testing.T) {
	t.Parallel()
	web := newWeb(t, 201, "")
	g := gateway(t, sms.GatewayConfig{URL: web.URL, Format: sms.Form, Template: "to={{To}}&text={{Body}}"})
	if err := g.Send(t.Context(), text(nasty)); err != nil {
		t.Fatal(err)
	}
	a := web.next(t)
	got, err := url.ParseQuery(a.body)
	if err != nil || a.Method != "POST" || len(got) != 2 || got.Get("to") != "+4791234512" || got.Get("text") != nasty ||
		a.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("%s %q, %v", a.Method, a.body, err)
	}
}

func TestFieldsStayInJSON(t *testing.T) {
	t.Parallel()
	web := newWeb(t, 202, "")
	g := gateway(t, sms.GatewayConfig{Method: "PUT", URL: web.URL, Format: sms.JSON, Template: `{"m":{"to":["{{To}}"],"n":{{Digits}},"text":"{{Body}}"}}`})
	if err := g.Send(t.Context(), text(nasty)); err != nil {
		t.Fatal(err)
	}
	a := web.next(t)
	var got struct {
		M struct {
			To   []string
			N    int
			Text string
		}
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.Method != "PUT" || len(got.M.To) != 1 || got.M.N != 4791234512 || got.M.Text != nasty {
		t.Errorf("%s %s, %v", a.Method, a.body, err)
	}
}

func TestAnswerDecides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status        int
		body          string
		sent, refused bool
	}{
		"accepted":            {200, "OK 17", true, false},
		"another status":      {500, "OK 17", false, false},
		"another answer":      {200, "queue is full", false, false},
		"refused":             {400, "invalid recipient", false, true},
		"refused with a 200":  {200, "invalid recipient", false, true},
		"a redirect":          {302, "OK 17", false, false},
		"more than is read":   {200, "OK 17" + strings.Repeat("x", 64<<10), false, false},
		"success not allowed": {202, "OK 17", false, false},
	} {
		web := newWeb(t, c.status, c.body)
		g := gateway(t, sms.GatewayConfig{URL: web.URL, Success: []int{200}, Accepted: `^OK \d+`, Refused: `invalid recipient`})
		err := g.Send(t.Context(), text(bound))
		if (err == nil) != c.sent || errors.Is(err, sms.ErrRecipient) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
		web.next(t)
		web.nothing(t)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := newWeb(t, 200, "")
	for _, status := range []int{301, 302, 303, 307, 308} {
		web := newAnswering(t, false, func(w http.ResponseWriter, a asked) { http.Redirect(w, a.Request, elsewhere.URL, status) })
		if err := gateway(t, sms.GatewayConfig{URL: web.URL}).Send(t.Context(), text(bound)); err == nil {
			t.Errorf("%d: sent", status)
		}
	}
	elsewhere.nothing(t)
}

func TestGatewayCertificateMustBeKnown(t *testing.T) {
	t.Parallel()
	web := newAnswering(t, true, func(http.ResponseWriter, asked) {})
	err := gateway(t, sms.GatewayConfig{URL: web.URL}).Send(t.Context(), text(bound))
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v, want one about the certificate", err)
	}
	web.nothing(t)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	if err := gateway(t, sms.GatewayConfig{URL: web.URL, Roots: roots}).Send(t.Context(), text(bound)); err != nil {
		t.Error(err)
	}
}

func TestSlowGatewayIsCut(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]string{"nothing": "", "half an answer": "OK"} {
		web := newAnswering(t, false, func(w http.ResponseWriter, a asked) {
			if begin != "" {
				io.WriteString(w, begin)
				w.(http.Flusher).Flush()
			}
			<-a.Context().Done()
		})
		err := gateway(t, sms.GatewayConfig{URL: web.URL, Timeout: 50 * time.Millisecond}).Send(t.Context(), text(bound))
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sms.ErrRecipient) {
			t.Errorf("%s: %v, want DeadlineExceeded", name, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := gateway(t, sms.GatewayConfig{URL: web.URL}).Send(ctx, text(bound)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, want the end of the context", name, err)
		}
		cancel()
	}
}

func TestGatewayThatIsDownIsTemporary(t *testing.T) {
	t.Parallel()
	at := local(ports(t, 1)[0])
	err := gateway(t, sms.GatewayConfig{URL: "http://" + at + "/?password=hunter2&text={{Body}}"}).Send(t.Context(), text(bound))
	if err == nil || errors.Is(err, sms.ErrRecipient) || errors.Is(err, sms.ErrText) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("%v", err)
	}
	discreet(t, err, "hunter2")
}

// discreet says that an error tells nothing of the bound text, its recipient or the secrets.
func discreet(t *testing.T, err error, secrets ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, s := range append(secrets, code, "Acme", "example", "91234512", "4 8 1 5", "48-15", base64.StdEncoding.EncodeToString([]byte(code)), hex.EncodeToString([]byte(code))) {
		if strings.Contains(strings.ToLower(err.Error()), strings.ToLower(s)) {
			t.Errorf("%q is in %q", s, err)
		}
	}
}

func TestErrorsRepeatNeitherTextNorCredentials(t *testing.T) {
	t.Parallel()
	quoted, _ := json.Marshal(bound)
	for name, echo := range map[string]string{
		"as it is":  bound,
		"JSON":      string(quoted),
		"query":     url.QueryEscape(bound),
		"path":      url.PathEscape(bound),
		"base64":    base64.StdEncoding.EncodeToString([]byte(bound)),
		"code only": base64.StdEncoding.EncodeToString([]byte(code)),
		"hex":       hex.EncodeToString([]byte(bound)),
		"spaced":    strings.Join(strings.Split(bound, ""), " "),
		"upper":     strings.ToUpper(bound),
		"glued":     "xxacmexx",
		"grouped":   "48-15-16",
		"one line":  strings.ReplaceAll(bound, "\n", ""),
	} {
		web := newWeb(t, 403, "Authorization failed: "+echo+" for sallyuser:hunter-two-three, key=SECRETKEY Hunter-Two-Three")
		g := gateway(t, sms.GatewayConfig{URL: web.URL + "/?user=sallyuser&password=hunter-two-three&text={{Body}}", Secret: "secretkey",
			Header: map[string]string{"X-Key": "{{Secret}}"}})
		err := g.Send(t.Context(), text(bound))
		discreet(t, err, "sallyuser", "hunter", "secretkey")
		if !strings.Contains(err.Error(), "403") || !strings.Contains(err.Error(), "Authorization failed") || len(err.Error()) > 300 {
			t.Errorf("%s: %v, want what is wrong", name, err)
		}
	}
}

func TestErrorsRepeatNoEncodedCodeWithoutADigit(t *testing.T) {
	t.Parallel()
	encoded := base64.StdEncoding.EncodeToString([]byte("222222"))
	web := newWeb(t, 500, "No credit: "+encoded)
	err := gateway(t, sms.GatewayConfig{URL: web.URL}).Send(t.Context(), text("222222"))
	if err == nil || strings.Contains(err.Error(), encoded) || !strings.Contains(err.Error(), "No credit") {
		t.Error(err)
	}
}

func TestErrorsOfTheProtocolRepeatNothing(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"no status":  bound,
		"status":     "HTTP/1.1 " + code + " " + code + "\r\n\r\n",
		"header":     "HTTP/1.1 200 OK\r\n" + code + " Acme\r\n\r\n",
		"length":     "HTTP/1.1 200 OK\r\nContent-Length: " + code + "x\r\n\r\n",
		"short body": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + code,
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				fmt.Fprint(conn, answer)
			}
		}()
		err = gateway(t, sms.GatewayConfig{URL: "http://" + l.Addr().String() + "/?text={{Body}}"}).Send(t.Context(), text(bound))
		if discreet(t, err); errors.Is(err, sms.ErrRecipient) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
