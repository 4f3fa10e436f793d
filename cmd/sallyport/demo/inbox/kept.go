package inbox

import "slices"

func (i *Inbox) keep(m message) int {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.count++
	m.Number = i.count
	i.messages = append(i.messages, m)
	i.messages = slices.Clone(i.messages[max(0, len(i.messages)-mostMessages):])
	return m.Number
}

func (i *Inbox) newest() []message {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	all := slices.Clone(i.messages)
	slices.Reverse(all)
	return all
}

// first is the newest of those that fit.
func (i *Inbox) first(fits func(message) bool) (message, bool) {
	all := i.newest()
	n := slices.IndexFunc(all, fits)
	if n < 0 {
		return message{}, false
	}
	return all[n], true
}
