package provider_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// wire is one request as bytes: what no client library would send can be sent.
type wire struct {
	method, path, host, kind, body string
	cookies                        []*http.Cookie
	header                         []string // whole lines
	length                         string   // of the body, as said; "" is right
}

type reply struct {
	status int // 0: the connection was closed without an answer
	header http.Header
	body   string
}

func (w *world) wire(q wire) reply {
	w.t.Helper()
	c, err := net.Dial("tcp", w.servers[0].Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		// The server may answer, and close, before it has read everything.
		if _, err := io.WriteString(c, q.text(w)); err == nil && q.length != "" {
			c.(*net.TCPConn).CloseWrite() // else it would wait for the rest of the body
		}
	}()
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: q.method})
	if err != nil {
		return reply{}
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body) // what was cut off is judged as far as it came
	return reply{res.StatusCode, res.Header, string(body)}
}

func (q wire) text(w *world) string {
	var b strings.Builder
	host := q.host
	if host == "" {
		host = w.issuer.Host
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", q.method, q.path, host)
	if len(q.cookies) > 0 {
		var pairs []string
		for _, c := range q.cookies {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
		b.WriteString("Cookie: " + strings.Join(pairs, "; ") + "\r\n")
	}
	for _, line := range q.header {
		b.WriteString(line + "\r\n")
	}
	if q.method == http.MethodPost {
		if q.length == "" {
			q.length = fmt.Sprint(len(q.body))
		}
		if q.kind != "" {
			b.WriteString("Content-Type: " + q.kind + "\r\n")
		}
		b.WriteString("Content-Length: " + q.length + "\r\n")
	}
	return b.String() + "\r\n" + q.body
}
