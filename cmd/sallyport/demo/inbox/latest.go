package inbox

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// NumberHeader names the message that the answer of /latest is.
const NumberHeader = "Message-Number"

// latest is the newest message to somebody, exactly as text, for programs: ?to= an address or a number; &kind= "mail" or
// "text", both without it; &after= the number of the last one seen, for those who wait for the next.
func (i *Inbox) latest(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	to, wanted, after := recipient(query.Get("to")), kind(query.Get("kind")), 0
	if s := query.Get("after"); s != "" {
		var err error
		if after, err = strconv.Atoi(s); err != nil {
			http.Error(w, "after= takes a number.", http.StatusBadRequest)
			return
		}
	}
	m, ok := i.first(func(m message) bool {
		return m.Number > after && (wanted == "" || m.Kind == wanted) && slices.Contains(strings.Split(strings.ToLower(m.To), ", "), to)
	})
	if !ok {
		http.Error(w, "There is no such message.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set(NumberHeader, strconv.Itoa(m.Number))
	io.WriteString(w, m.Text) // an error means that the reader has gone
}

// recipient takes a number with its plus typed as it is: in an address that is a space.
func recipient(typed string) string {
	to := strings.ToLower(strings.TrimSpace(typed))
	if number.MatchString("+" + to) {
		return "+" + to
	}
	return to
}
