package inbox

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"
)

// TextsPath is where the gateway takes texts: a POST of {"id", "from", "to", "text"} as JSON, with Secret. It answers 202
// and "accepted", or 4xx and what is wrong.
const TextsPath = "/texts"

// longestPost is generous to a text of ten parts; longestText is what no network takes more of, in characters.
const (
	longestPost = 16 << 10
	longestText = 1530
)

// number is E.164: what it does not fit is no telephone.
var number = regexp.MustCompile(`\A\+[1-9][0-9]{6,14}\z`)

type posted struct {
	ID   string `json:"id"`
	From string `json:"from"`
	To   string `json:"to"`
	Text string `json:"text"`
}

// take is the gateway.
func (i *Inbox) take(w http.ResponseWriter, r *http.Request) {
	p, status, err := i.posted(w, r)
	if err != nil {
		http.Error(w, "refused: "+err.Error(), status)
		return
	}
	n := i.keep(message{Kind: text, At: i.now().UTC(), From: p.From, To: p.To, Subject: headline(p.Text), Text: p.Text})
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, "accepted %d\n", n) // an error means that the sender has gone
}

func (i *Inbox) posted(w http.ResponseWriter, r *http.Request) (posted, int, error) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+i.secret)) != 1 {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return posted{}, http.StatusUnauthorized, errors.New("who are you?")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return posted{}, http.StatusUnsupportedMediaType, errors.New("not JSON")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestPost))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return posted{}, http.StatusRequestEntityTooLarge, errors.New("too long")
	}
	if err != nil {
		return posted{}, http.StatusBadRequest, errors.New("cut off")
	}
	p, err := parse(body)
	return p, http.StatusBadRequest, err
}

// parse is strict, so that the demo shows what a gateway would choke on.
func parse(body []byte) (p posted, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	switch {
	case !utf8.Valid(body):
		return p, errors.New("not UTF-8")
	case d.Decode(&p) != nil:
		return p, errors.New("not a text as JSON")
	case !errors.Is(d.Decode(new(any)), io.EOF):
		return p, errors.New("more than one text")
	case !number.MatchString(p.To):
		return p, errors.New("not a number")
	case strings.TrimSpace(p.Text) == "" || utf8.RuneCountInString(p.Text) > longestText:
		return p, errors.New("empty or too long a text")
	}
	return p, nil
}

// headline is the first line with something in it, as much of it as a list has room for.
func headline(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if all := []rune(line); len(all) > 100 {
		line = string(all[:99]) + "…"
	}
	return strings.TrimSpace(line)
}
